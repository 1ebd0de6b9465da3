//! The peers whose connections are counted together.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use tokio::net::UnixStream;

/// A peer, as far as the system knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Peer {
    /// The machine of a TCP client. Of an IPv6 address the first 64 bits, since any machine can have all
    /// addresses that begin with them.
    Machine(IpAddr),
    /// The processes of a user, on a Unix socket.
    User(u32),
    /// A client whose address or user the system does not give.
    Unknown,
}

impl Peer {
    /// Returns the peer with this address.
    pub(crate) fn of_address(address: SocketAddr) -> Self {
        Self::Machine(match address.ip().to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }

    /// Returns the peer at the other end of `stream`.
    pub(crate) fn of_unix(stream: &UnixStream) -> Self {
        let credentials = stream.peer_cred();
        credentials.map_or(Self::Unknown, |peer| Self::User(peer.uid()))
    }
}

/// Displays as `192.0.2.1`, `2001:db8::/64`, `uid 1000` or `unknown`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(IpAddr::V6(address)) => write!(f, "{address}/64"),
            Self::Machine(address) => address.fmt(f),
            Self::User(uid) => write!(f, "uid {uid}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_machine_are_one_peer() {
        let peer = |address: &str| Peer::of_address(address.parse().unwrap());
        assert_eq!(peer("192.0.2.1:1"), peer("192.0.2.1:2"));
        assert_eq!(peer("192.0.2.1:1"), peer("[::ffff:192.0.2.1]:2"));
        assert_ne!(peer("192.0.2.1:1"), peer("192.0.2.2:1"));
        assert_eq!(peer("[2001:db8::1]:1"), peer("[2001:db8::9:0:0:1]:1"));
        assert_ne!(peer("[2001:db8::1]:1"), peer("[2001:db8:0:1::1]:1"));
        assert_eq!(peer("[2001:db8::1]:1").to_string(), "2001:db8::/64");
        assert_eq!(peer("192.0.2.1:1").to_string(), "192.0.2.1");
        assert_eq!(Peer::User(7).to_string(), "uid 7");
    }
}
