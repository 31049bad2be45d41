//! What the browser loads: the entry of the islands. The loader (`app/js/loader.js`) calls [`hydrate`] once, then the
//! function of each island on the page.

// The islands are functions that only the loader calls: without this they would be linked away.
pub use app::islands;

/// Prepares the islands.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
