//! The settings that every connection of the server asks of Postgres. `cargo xtask bench` reads this file too, so that
//! it measures statements under the same settings.

/// Names and values.
pub const SETTINGS: [(&str, &str); 7] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_keepalives_idle", "30"),
    ("tcp_user_timeout", "15s"),
    // A page's statements take milliseconds: compiling one, or starting other processes for it, takes longer than it
    // saves.
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
];
