//! The entry of the islands in the browser. The loader (`app/js/loader.js`) calls [`hydrate`] once, then the function
//! of each island on the page.

// Only the loader calls the islands' functions: without this the linker would remove them.
pub use app::islands;

/// Prepares the islands.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
