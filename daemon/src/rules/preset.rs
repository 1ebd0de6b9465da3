//! The route config that is built into the program.

/// `config/routes.preset.json`, as it was when the program was built.
pub const ROUTE_CONFIG: &[u8] = include_bytes!("../../../config/routes.preset.json");
