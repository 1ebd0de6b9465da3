//! Workloads and peers for the benches.
