//! The client of a request.

use std::net::IpAddr;

/// The client of a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// The socket's address, or the one that a trusted proxy reports (`http/client_ip.rs`).
    pub ip: IpAddr,
    /// The `User-Agent` header, cut to 400 characters.
    pub user_agent: String,
}

impl Client {
    /// Returns the key for limits: the address, or for IPv6 its /64 (one customer's smallest share).
    pub fn limit_key(&self) -> String {
        match self.ip.to_canonical() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("{:x}/64", ip.to_bits() >> 64),
        }
    }

    /// Returns the network of the address, as large as one customer can easily have: the /24, or for IPv6 the /48. For
    /// budgets that networks share, so that it takes several of them to use one up.
    pub fn network_key(&self) -> String {
        match self.ip.to_canonical() {
            IpAddr::V4(ip) => format!("{:x}/24", ip.to_bits() >> 8),
            IpAddr::V6(ip) => format!("{:x}/48", ip.to_bits() >> 80),
        }
    }
}
