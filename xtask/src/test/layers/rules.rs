//! The groups of each crate, and the groups that each may use.

/// The rules of one crate.
pub struct Rules {
    /// The folder of its sources, below the root of the workspace.
    pub source: &'static str,
    /// Each group with the groups it may use besides itself.
    pub groups: &'static [(&'static str, &'static [&'static str])],
    /// Modules that put the others together: they may use everything.
    pub composition: &'static [&'static str],
    /// Items that the root of the crate exports, each with its module.
    pub exports: &'static [(&'static str, &'static str)],
}

impl Rules {
    /// Returns the groups that a group may use; `None` for a name that is no group.
    pub fn allowed(&self, group: &str) -> Option<&'static [&'static str]> {
        self.groups.iter().find(|(name, _)| *name == group).map(|(_, allowed)| *allowed)
    }

    /// Returns the module of the first name in a path.
    pub fn module<'a>(&self, first: &'a str) -> &'a str {
        self.exports.iter().find(|(item, _)| *item == first).map_or(first, |(_, module)| *module)
    }

    /// Returns true for a module that puts the others together.
    pub fn is_composition(&self, module: &str) -> bool {
        self.composition.contains(&module)
    }
}

pub const CRATES: [Rules; 2] = [
    Rules {
        source: "server/src",
        groups: &[
            ("base", &[]),
            ("config", &["base"]),
            ("db", &["base", "config"]),
            ("limits", &["base"]),
            ("mailer", &["base", "config"]),
            ("jobs", &["base", "config", "mailer"]),
            ("identity", &["base", "config", "db", "limits", "mailer", "jobs", "server"]),
            ("social", &["base", "config", "db", "limits", "mailer", "jobs", "identity", "server"]),
            ("accounts", &["base", "config", "db", "limits", "mailer", "jobs", "identity", "social", "server"]),
            (
                "worker",
                &["base", "config", "db", "limits", "mailer", "jobs", "identity", "social", "accounts", "server"],
            ),
            ("http", &["base", "config", "db", "limits", "mailer", "jobs", "identity", "server"]),
            ("seed", &["base", "identity", "social"]),
        ],
        composition: &["server"],
        exports: &[("Server", "server")],
    },
    Rules {
        source: "app/src",
        groups: &[
            ("count", &[]),
            ("wording", &[]),
            ("paths", &[]),
            ("ui", &["count", "paths", "wording"]),
            ("page", &["count", "paths", "wording", "ui"]),
            ("islands", &["count", "paths", "wording", "ui", "page"]),
            ("identity", &["count", "paths", "wording", "ui", "page", "islands"]),
            ("social", &["count", "paths", "wording", "ui", "page", "islands"]),
            ("syndication", &["paths", "ui", "page"]),
            ("seo", &["paths", "ui", "page", "syndication"]),
            ("dev", &["count", "paths", "wording", "ui", "page", "islands", "social"]),
        ],
        composition: &["routes"],
        exports: &[],
    },
];
