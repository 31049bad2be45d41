//! Variables that a container platform sets by itself.

use std::ffi::OsStr;

/// Returns `true` for a variable that Kubernetes sets for a Service whose name begins with `kith` (see "Environment
/// variables" in its page about Services): `KITH_SERVICE_HOST`, `KITH_SERVICE_PORT_HTTP`, `KITH_PORT_3000_TCP_ADDR` and
/// so on. `KITH_PORT` is one only if its value is an address such as `tcp://10.43.0.5:3000`.
pub(super) fn is_service_link(name: &str, value: &OsStr) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    let is_protocol = |word: &str| ["TCP", "UDP", "SCTP"].contains(&word);
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    match words.as_slice() {
        ["KITH", .., "SERVICE", "HOST"] => true,
        ["KITH", rest @ ..] if rest.windows(2).any(|pair| pair == ["SERVICE", "PORT"]) => true,
        ["KITH", .., "PORT", number, protocol] | ["KITH", .., "PORT", number, protocol, "PROTO" | "PORT" | "ADDR"]
            if is_number(number) && is_protocol(protocol) =>
        {
            true
        }
        ["KITH", .., "PORT"] => value
            .to_str()
            .and_then(|text| text.split_once("://"))
            .is_some_and(|(scheme, _)| is_protocol(&scheme.to_ascii_uppercase())),
        _ => false,
    }
}

/// Returns `true` for a variable that Docker sets for a link to a container named `kith`: its name, the range of its
/// ports, and its own environment. Call it only if `KITH_PORT` is such a link.
pub(super) fn is_container_link(name: &str, value: &OsStr) -> bool {
    let is_path = value.to_str().is_some_and(|value| value.starts_with('/') && value[1..].contains('/'));
    let words: Vec<&str> = name.split('_').collect();
    match words.as_slice() {
        ["KITH", "NAME"] => is_path,
        ["KITH", "ENV", _, ..] => true,
        ["KITH", "PORT", _, "TCP" | "UDP", "START" | "END"] => true,
        ["KITH", "PORT", _, "TCP" | "UDP", "PORT", "START" | "END"] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_service_links_from_misspelt_settings() {
        for (name, value) in [
            ("KITH_SERVICE_HOST", "10.43.0.5"),
            ("KITH_SERVICE_PORT", "3000"),
            ("KITH_SERVICE_PORT_HTTP", "3000"),
            ("KITH_SERVICE_PORT_WEB_FILE", "3000"),
            ("KITH_PORT", "tcp://10.43.0.5:3000"),
            ("KITH_PORT", "udp://[fd00::5]:3000"),
            ("KITH_PORT_3000_TCP", "tcp://10.43.0.5:3000"),
            ("KITH_PORT_3000_TCP_PROTO", "tcp"),
            ("KITH_PORT_3000_TCP_PORT", "3000"),
            ("KITH_PORT_3000_TCP_ADDR", "10.43.0.5"),
            ("KITH_PORT_53_UDP_ADDR", "10.43.0.5"),
            ("KITH_WEB_SERVICE_HOST", "10.43.0.6"),
            ("KITH_WEB_PORT", "tcp://10.43.0.6:80"),
            ("KITH_WEB_PORT_80_TCP", "tcp://10.43.0.6:80"),
        ] {
            assert!(is_service_link(name, value.as_ref()), "{name}={value}");
        }
        for (name, value) in [
            ("KITH_ORIGN", "https://kith.example"),
            ("KITH_PORT", "3000"),
            ("KITH_PORT", "http://kith.example"),
            ("KITH_PORT", ""),
            ("KITH_HOST", "10.43.0.5"),
            ("KITH_SERVICE", "kith"),
            ("KITH_PORT_X_TCP", "tcp://10.43.0.5:3000"),
            ("KITH_PORT_3000", "3000"),
            ("KITH_PORT_3000_TCP_NAME", "web"),
            ("OTHER_SERVICE_HOST", "10.43.0.5"),
        ] {
            assert!(!is_service_link(name, value.as_ref()), "{name}={value}");
        }
    }

    #[test]
    fn distinguishes_container_links_from_misspelt_settings() {
        for (name, value) in [
            ("KITH_NAME", "/web/kith"),
            ("KITH_ENV_PATH", "/usr/bin"),
            ("KITH_PORT_3000_TCP_START", "tcp://172.17.0.2:3000"),
            ("KITH_PORT_3000_TCP_PORT_END", "3005"),
        ] {
            assert!(is_container_link(name, value.as_ref()), "{name}={value}");
        }
        for (name, value) in [("KITH_NAME", "Kith"), ("KITH_ORIGN", "/a/b"), ("KITH_ENV", "x"), ("KITH_PORTS", "1")] {
            assert!(!is_container_link(name, value.as_ref()), "{name}={value}");
        }
    }
}
