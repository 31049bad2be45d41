//! Writes XML in which any text stays text.

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use server::{Error, Result};

/// A document that is being written, or the content of one of its elements.
pub struct Xml<'a>(&'a mut Writer<Vec<u8>>);

/// The names and values of an element's attributes.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

/// Writes a document with the root that `root` writes.
pub fn document(root: impl FnOnce(&mut Xml<'_>) -> std::io::Result<()>) -> Result<String> {
    let mut writer = Writer::new(Vec::new());
    let written = writer
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))
        .and_then(|()| root(&mut Xml(&mut writer)));
    // Neither can fail in memory, with text that was valid text before.
    written.map_err(Error::internal)?;
    String::from_utf8(writer.into_inner()).map_err(Error::internal)
}

impl Xml<'_> {
    /// Writes an element that contains others.
    pub fn inside(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        inner: impl FnOnce(&mut Xml<'_>) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let element = self.0.create_element(name).with_attributes(clean(attributes).iter().map(pair));
        element.write_inner_content(|writer| inner(&mut Xml(writer)))?;
        Ok(())
    }

    /// Writes an element that contains text.
    pub fn text(&mut self, name: &str, attributes: Attributes<'_>, text: &str) -> std::io::Result<()> {
        let element = self.0.create_element(name).with_attributes(clean(attributes).iter().map(pair));
        element.write_text_content(BytesText::new(&legal(text)))?;
        Ok(())
    }

    /// Writes an element with attributes only.
    pub fn empty(&mut self, name: &str, attributes: Attributes<'_>) -> std::io::Result<()> {
        self.0.create_element(name).with_attributes(clean(attributes).iter().map(pair)).write_empty()?;
        Ok(())
    }
}

fn clean<'a>(attributes: Attributes<'a>) -> Vec<(&'a str, String)> {
    attributes.iter().map(|(name, value)| (*name, legal(value))).collect()
}

fn pair<'a>((name, value): &'a (&'a str, String)) -> (&'a str, &'a str) {
    (name, value)
}

/// Removes the characters that XML cannot hold, not even escaped (XML 1.0, 2.2): with one of them no reader accepts the
/// document.
fn legal(text: &str) -> String {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    text.chars().filter(|c| is_legal(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_markup_and_drops_invalid_xml_characters() {
        let text = "<b a=\"x\" b='y'>&amp;]]>\u{0}\u{b}\u{1f}\u{fffe}\u{ffff}ö👩\u{200d}💻--><!--";
        let written = document(|xml| xml.inside("a", &[("b", text)], |xml| xml.text("c", &[], text))).unwrap();
        let read = roxmltree::Document::parse(&written).unwrap();
        let kept = "<b a=\"x\" b='y'>&amp;]]>ö👩\u{200d}💻--><!--";
        let root = read.root_element();
        assert_eq!(root.attribute("b"), Some(kept));
        assert_eq!(root.children().map(|child| child.text()).collect::<Vec<_>>(), [Some(kept)]);
    }
}
