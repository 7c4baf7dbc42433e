//! A dealer's file and documents as they are given.

use super::*;

const HARBOUR: &str = include_str!("../../../domain/dealer/file/harbour.toml");

fn read(document: Option<&str>) -> anyhow::Result<Read> {
    let dir = tempfile::tempdir().unwrap();
    if let Some(text) = document {
        fs::create_dir(dir.path().join("documents")).unwrap();
        fs::write(dir.path().join("documents/a.md"), text).unwrap();
    }
    fs::write(dir.path().join("dealer.toml"), HARBOUR).unwrap();
    Read::from_disk(&dir.path().join("dealer.toml"), &Bounds::default())
}

#[test]
fn a_page_without_a_host_is_one_of_the_dealers_site() {
    for (url, page) in [
        ("/warranty", "https://www.harbour-cars.example/warranty"),
        ("//evil.example", "https://www.harbour-cars.example//evil.example"),
        ("https://other.example/w", "https://other.example/w"),
    ] {
        let text = format!("---\nurl: {url}\n---\nWords.");
        let (_, documents) = read(Some(&text)).unwrap().into_parts(None);
        assert_eq!(documents[0].url.as_deref(), Some(page));
    }
}

#[test]
fn a_folder_that_is_not_there_is_told_at_the_line_that_names_it() {
    let told = read(None).err().unwrap().to_string();
    assert!(told.contains("dealer.toml:7:13: `documents` names"), "{told}");
    assert!(told.contains("which is no folder. Make it beside the file"), "{told}");
}

#[test]
fn documents_that_would_not_fit_into_the_memory_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("documents")).unwrap();
    let words = |from: usize| (0..).map(move |n| format!("w{from}x{n} ")).take(60_000);
    for file in 0..12 {
        let text: String = words(file).collect();
        fs::write(dir.path().join(format!("documents/{file}.txt")), text).unwrap();
    }
    let told = Read::from_text("d.toml", HARBOUR, dir.path(), &Bounds::default());
    let told = told.err().unwrap().to_string();
    assert!(told.contains("d.toml:7:13: `documents` holds more than can be searched"), "{told}");
}

#[test]
fn a_file_that_is_no_text_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dealer.toml");
    fs::write(&path, b"name = \"a\"\nlanguages = [\"\xFF\"]").unwrap();
    let told = Read::from_disk(&path, &Bounds::default()).err().unwrap().to_string();
    assert!(told.contains("dealer.toml:2:15: is not UTF-8. Save it in UTF-8"), "{told}");
}
