//! Scripts without the parts that only human readers need.

/// Removes indentation, empty lines and comments on lines of their own; everything else remains as written.
///
/// If line breaks have a meaning — in a template literal over several lines — the script is not changed.
pub fn lighten(script: &str) -> String {
    if script.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return script.to_owned();
    }
    let mut light = String::with_capacity(script.len());
    let mut in_comment = false;
    for line in script.lines().map(str::trim) {
        let opens = line.starts_with("/*");
        let closes = (in_comment || opens) && line.contains("*/");
        let comment = in_comment || opens || line.starts_with("//");
        in_comment = (in_comment || opens) && !closes;
        // Code follows the end of a comment: we do not cut it.
        let code_follows = closes && !line.ends_with("*/");
        if code_follows {
            return script.to_owned();
        }
        if !comment && !line.is_empty() {
            light.push_str(line);
            light.push('\n');
        }
    }
    light
}

#[cfg(test)]
mod tests {
    use super::lighten;

    #[test]
    fn removes_comments_on_their_own_lines() {
        let script = "/**\n * Says a.\n */\nfunction a() {\n    // why\n    return '// not'; // stays\n}\n";
        assert_eq!(lighten(script), "function a() {\nreturn '// not'; // stays\n}\n");
    }

    #[test]
    fn leaves_ambiguous_scripts_unchanged() {
        for script in ["let a = `\n  b`;\n", "/* a */ b();\n"] {
            assert_eq!(lighten(script), script);
        }
    }
}
