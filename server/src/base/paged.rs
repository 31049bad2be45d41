//! Pages of a list, by cursor.

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Paged<T, C> {
    pub items: Vec<T>,
    /// The cursor of the next page: the position of the last row of this one. `None` on the last page.
    pub next: Option<C>,
}

impl<T, C> Paged<T, C> {
    /// Builds a page of `per_page` rows from a query for one row more: that row only shows that there is a next page.
    pub(crate) fn from_rows<R>(
        mut rows: Vec<R>,
        per_page: i64,
        cursor: impl FnOnce(&R) -> C,
        item: impl FnMut(R) -> T,
    ) -> Self {
        let per_page = usize::try_from(per_page).unwrap_or_default();
        let more = rows.len() > per_page;
        rows.truncate(per_page);
        let next = rows.last().filter(|_| more).map(cursor);
        Self { items: rows.into_iter().map(item).collect(), next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_page_exists_only_with_a_row_too_many() {
        for (rows, items, next) in
            [(vec![], vec![], None), (vec![1, 2], vec![10, 20], None), (vec![1, 2, 3], vec![10, 20], Some(2))]
        {
            let page = Paged::from_rows(rows, 2, |row| *row, |row| row * 10);
            assert_eq!((page.items, page.next), (items, next));
        }
    }
}
