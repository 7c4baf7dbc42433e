//! The pages of SQLite itself: what other databases have no need of.

/// $1 page.
pub(in crate::store) const PAGE: &str = "SELECT data FROM sqlite_dbpage WHERE pgno = $1";

/// Pages in a row, as far as there are any: $1 the first, $2 the last.
pub(in crate::store) const PAGES: &str = "WITH RECURSIVE n (pgno) AS
      (SELECT $1 UNION ALL SELECT pgno + 1 FROM n WHERE pgno < $2)
    SELECT n.pgno, p.data FROM n JOIN sqlite_dbpage p ON p.pgno = n.pgno";

/// $1 page, $2 its bytes.
pub(in crate::store) const PUT_PAGE: &str = "UPDATE sqlite_dbpage SET data = $2 WHERE pgno = $1";
