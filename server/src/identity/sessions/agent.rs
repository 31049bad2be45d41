//! A readable description of a browser: 'Firefox 144 on Linux'. A hint for users who review their devices, never a
//! basis for a decision.

/// The well-known browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    Firefox,
    Chrome,
    Edge,
    Safari,
    Opera,
    Samsung,
    Other,
    /// A page shown inside an app, by the system's web view.
    InApp,
}

/// The well-known systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    Android,
    Ios,
    IpadOs,
    MacOs,
    Windows,
    ChromeOs,
    Linux,
    Other,
}

/// The kind of device, for its icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    Phone,
    Tablet,
    Desktop,
}

/// A parsed `User-Agent` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserAgent {
    pub browser: Browser,
    /// The major version.
    pub version: Option<u32>,
    pub system: System,
    pub kind: DeviceKind,
}

/// In this order: Edge, Opera and Samsung also say Chrome, and Chrome also says Safari.
const BROWSERS: [(&str, Browser); 11] = [
    ("Edg/", Browser::Edge),
    ("EdgA/", Browser::Edge),
    ("EdgiOS/", Browser::Edge),
    ("OPR/", Browser::Opera),
    ("SamsungBrowser/", Browser::Samsung),
    ("Firefox/", Browser::Firefox),
    ("FxiOS/", Browser::Firefox),
    ("CriOS/", Browser::Chrome),
    ("Chrome/", Browser::Chrome),
    ("Chromium/", Browser::Chrome),
    ("Version/", Browser::Safari),
];

/// In this order: Android also says Linux, and iPhones also say Mac OS X.
const SYSTEMS: [(&str, System); 7] = [
    ("iPhone", System::Ios),
    ("iPad", System::IpadOs),
    ("Android", System::Android),
    ("CrOS", System::ChromeOs),
    ("Windows", System::Windows),
    ("Macintosh", System::MacOs),
    ("Linux", System::Linux),
];

impl UserAgent {
    /// Parses a header as far as possible.
    pub fn parse(header: &str) -> Self {
        let named =
            BROWSERS.iter().find_map(|(mark, browser)| header.split_once(mark).map(|(_, rest)| (*browser, rest)));
        let (browser, rest) = match named {
            _ if is_web_view(header) => (Browser::InApp, ""),
            Some((Browser::Safari, _)) if !header.contains("Safari/") => (Browser::Other, ""),
            Some(found) => found,
            None => (Browser::Other, ""),
        };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).take(5).collect();
        let system =
            SYSTEMS.iter().find(|(mark, _)| header.contains(mark)).map_or(System::Other, |(_, system)| *system);
        let kind = match system {
            System::Ios => DeviceKind::Phone,
            System::IpadOs => DeviceKind::Tablet,
            System::Android if header.contains("Mobile") => DeviceKind::Phone,
            System::Android => DeviceKind::Tablet,
            _ => DeviceKind::Desktop,
        };
        Self { browser, version: digits.parse().ok(), system, kind }
    }

    /// Returns browser and system as a short code, for places that can only carry a code.
    pub fn code(&self) -> String {
        format!("{}.{}", self.browser as u8, self.system as u8)
    }

    /// Parses [`UserAgent::code`]; `None` for anything else.
    pub fn from_code(code: &str) -> Option<Self> {
        let (browser, system) = code.split_once('.')?;
        let browser = Browser::ALL.into_iter().find(|b| (*b as u8).to_string() == browser)?;
        let system = System::ALL.into_iter().find(|s| (*s as u8).to_string() == system)?;
        Some(Self { browser, version: None, system, kind: DeviceKind::Desktop })
    }

    /// Returns the name without the version, for messages.
    pub fn name(&self) -> String {
        match (self.browser.name(), self.system.name()) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (Some(browser), None) => browser.to_owned(),
            (None, Some(system)) => format!("A browser on {system}"),
            (None, None) => "An unknown browser".to_owned(),
        }
    }
}

/// Returns true if an app shows the page. Android's web view has `wv`, or before Android 5 `Version/4.0` next to Chrome
/// (so does DuckDuckGo, which is a browser); the web view of iOS lacks the `Safari` that every browser there has.
fn is_web_view(header: &str) -> bool {
    let android = header.contains("Android") && header.contains("Chrome/");
    let ios = ["iPhone", "iPad", "iPod"].iter().any(|device| header.contains(device));
    let old = header.contains("Version/4.0 Chrome/") && !header.contains("DuckDuckGo/");
    (android && (header.contains("; wv)") || old))
        || (ios && header.contains("AppleWebKit/") && !header.contains("Safari/"))
}

/// Writes the name with the version: 'Firefox 144 on Linux'.
impl std::fmt::Display for UserAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.browser.name(), self.version, self.system.name()) {
            (Some(browser), Some(version), Some(system)) => write!(f, "{browser} {version} on {system}"),
            (Some(browser), Some(version), None) => write!(f, "{browser} {version}"),
            _ => f.write_str(&self.name()),
        }
    }
}

impl Browser {
    const ALL: [Self; 8] =
        [Self::Firefox, Self::Chrome, Self::Edge, Self::Safari, Self::Opera, Self::Samsung, Self::Other, Self::InApp];

    fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Firefox => "Firefox",
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Safari => "Safari",
            Self::Opera => "Opera",
            Self::Samsung => "Samsung Internet",
            Self::InApp => "In-app browser",
            Self::Other => return None,
        })
    }
}

impl System {
    const ALL: [Self; 8] =
        [Self::Android, Self::Ios, Self::IpadOs, Self::MacOs, Self::Windows, Self::ChromeOs, Self::Linux, Self::Other];

    fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Android => "Android",
            Self::Ios => "iPhone",
            Self::IpadOs => "iPad",
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
            Self::ChromeOs => "ChromeOS",
            Self::Linux => "Linux",
            Self::Other => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_common_browsers_and_device_kinds() {
        for (header, words, kind) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
                "Firefox 144 on Linux",
                DeviceKind::Desktop,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
                "Chrome 150 on Windows",
                DeviceKind::Desktop,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0",
                "Edge 150 on Windows",
                DeviceKind::Desktop,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari 26 on iPhone",
                DeviceKind::Phone,
            ),
            (
                "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36",
                "Chrome 150 on Android",
                DeviceKind::Phone,
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
                "Chrome 150 on Android",
                DeviceKind::Tablet,
            ),
            (
                "Mozilla/5.0 (Linux; Android 16; Pixel 10 Build/BP2A.250605.031; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/150.0.0.0 Mobile Safari/537.36",
                "In-app browser on Android",
                DeviceKind::Phone,
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; SM-X910 Build/AP3A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/150.0.0.0 Safari/537.36 [FB_IAB/FB4A;FBAV/500.0.0.0;]",
                "In-app browser on Android",
                DeviceKind::Tablet,
            ),
            (
                "Mozilla/5.0 (Linux; Android 4.4; Nexus 5 Build/_BuildID_) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/30.0.0.0 Mobile Safari/537.36",
                "In-app browser on Android",
                DeviceKind::Phone,
            ),
            (
                "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/150.0.0.0 Mobile DuckDuckGo/5 Safari/537.36",
                "Chrome 150 on Android",
                DeviceKind::Phone,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 400.0.0.0",
                "In-app browser on iPhone",
                DeviceKind::Phone,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/150.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome 150 on iPhone",
                DeviceKind::Phone,
            ),
            ("curl/8.0", "An unknown browser", DeviceKind::Desktop),
            ("", "An unknown browser", DeviceKind::Desktop),
            ("Firefox/99999999999999999999", "Firefox 99999", DeviceKind::Desktop),
        ] {
            let agent = UserAgent::parse(header);
            assert_eq!((agent.to_string().as_str(), agent.kind), (words, kind), "{header}");
        }
    }
}
