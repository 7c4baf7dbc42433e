//! A disk that forgets what was not synced, as disks do when the power goes: a file system in
//! memory that keeps beside each file what a sync has made durable, and what has come since.
//!
//! Strict: a name is durable once its directory was synced, bytes once their file was. A power cut
//! may keep any part of what was not synced, page by page; or nothing of it.

mod mount;

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

pub use mount::Mounted;

/// What a disk keeps or loses as one piece, in bytes.
const PAGE: usize = 4096;

/// The root directory.
pub const ROOT: u64 = 1;

/// Why something can't be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such file.
    NoEntry,
    /// It is a directory, or is none.
    WrongKind,
    /// There is one already.
    Exists,
    /// The power is off.
    Off,
}

/// All files.
#[derive(Debug)]
pub struct Disk {
    /// By their number, from 1; none is given twice.
    nodes: Vec<Node>,
    is_off: bool,
}

#[derive(Clone, Debug)]
struct Node {
    mode: u16,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    File(File),
    Dir(Dir),
}

#[derive(Clone, Debug, Default)]
struct File {
    /// What a program reads.
    live: Vec<u8>,
    /// What the last sync has made durable.
    durable: Vec<u8>,
    /// What has come since, in order.
    pending: Vec<Change>,
}

#[derive(Clone, Debug, Default)]
struct Dir {
    live: BTreeMap<OsString, u64>,
    durable: BTreeMap<OsString, u64>,
}

#[derive(Clone, Debug)]
enum Change {
    /// Within one page.
    Write {
        offset: usize,
        bytes: Vec<u8>,
    },
    Resize(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => {
                let end = offset + bytes.len();
                if to.len() < end {
                    to.resize(end, 0);
                }
                to[*offset..end].copy_from_slice(bytes);
            }
            Self::Resize(size) => to.resize(*size, 0),
        }
    }
}

/// What a program is told of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its number.
    pub number: u64,
    /// Its permissions.
    pub mode: u16,
    /// Its size; 0 for a directory.
    pub size: u64,
    /// Whether it is a directory.
    pub is_dir: bool,
}

impl Default for Disk {
    /// An empty one.
    fn default() -> Self {
        let root = Node { mode: 0o755, kind: Kind::Dir(Dir::default()) };
        Self { nodes: vec![root], is_off: false }
    }
}

impl Disk {
    /// What is to be told of a file.
    pub fn facts(&mut self, number: u64) -> Result<Facts, Refused> {
        let node = self.node(number)?;
        let (size, is_dir) = match &node.kind {
            Kind::File(file) => (file.live.len() as u64, false),
            Kind::Dir(_) => (0, true),
        };
        Ok(Facts { number, mode: node.mode, size, is_dir })
    }

    /// The file of a name.
    pub fn find(&mut self, dir: u64, name: &OsStr) -> Result<Facts, Refused> {
        let number = *self.dir(dir)?.live.get(name).ok_or(Refused::NoEntry)?;
        self.facts(number)
    }

    /// All names of a directory.
    pub fn names(&mut self, dir: u64) -> Result<Vec<(OsString, Facts)>, Refused> {
        let live = self.dir(dir)?.live.clone();
        live.into_iter().map(|(name, number)| Ok((name, self.facts(number)?))).collect()
    }

    /// Makes an empty file or directory.
    pub fn make(
        &mut self,
        dir: u64,
        name: &OsStr,
        mode: u16,
        is_dir: bool,
    ) -> Result<Facts, Refused> {
        if self.dir(dir)?.live.contains_key(name) {
            return Err(Refused::Exists);
        }
        let kind = if is_dir { Kind::Dir(Dir::default()) } else { Kind::File(File::default()) };
        self.nodes.push(Node { mode, kind });
        let number = self.nodes.len() as u64;
        self.dir(dir)?.live.insert(name.to_owned(), number);
        self.facts(number)
    }

    /// Takes a name away; who has the file open may use it on.
    pub fn remove(&mut self, dir: u64, name: &OsStr) -> Result<(), Refused> {
        self.dir(dir)?.live.remove(name).map(drop).ok_or(Refused::NoEntry)
    }

    /// Gives a file another name, in place of what has it.
    pub fn rename(&mut self, from: (u64, &OsStr), to: (u64, &OsStr)) -> Result<(), Refused> {
        let number = self.find(from.0, from.1)?.number;
        self.dir(to.0)?.live.insert(to.1.to_owned(), number);
        self.remove(from.0, from.1)
    }

    /// Changes permissions.
    pub fn set_mode(&mut self, number: u64, mode: u16) -> Result<(), Refused> {
        self.node(number)?.mode = mode;
        Ok(())
    }

    /// Bytes of a file, fewer at its end.
    pub fn read(&mut self, number: u64, offset: usize, size: usize) -> Result<&[u8], Refused> {
        let live = &self.file(number)?.live;
        let from = offset.min(live.len());
        Ok(&live[from..(from + size).min(live.len())])
    }

    /// Writes bytes; they are durable after a sync.
    pub fn write(&mut self, number: u64, offset: usize, bytes: &[u8]) -> Result<(), Refused> {
        let file = self.file(number)?;
        let mut at = 0;
        while at < bytes.len() {
            let room = PAGE - (offset + at) % PAGE;
            let piece = &bytes[at..(at + room).min(bytes.len())];
            file.change(Change::Write { offset: offset + at, bytes: piece.to_vec() });
            at += piece.len();
        }
        Ok(())
    }

    /// Cuts a file or makes it longer.
    pub fn resize(&mut self, number: u64, size: usize) -> Result<(), Refused> {
        self.file(number)?.change(Change::Resize(size));
        Ok(())
    }

    /// Makes durable what stands in a file or in a directory.
    pub fn sync(&mut self, number: u64) -> Result<(), Refused> {
        match &mut self.node(number)?.kind {
            Kind::File(file) => {
                file.pending.drain(..).for_each(|change| change.apply(&mut file.durable));
            }
            Kind::Dir(dir) => dir.durable.clone_from(&dir.live),
        }
        Ok(())
    }

    /// Takes the power away: from now on nothing can be done. `keeps` is asked for each piece that
    /// was not synced. Answers how many were lost.
    pub fn cut_power(&mut self, mut keeps: impl FnMut() -> bool) -> u64 {
        self.is_off = true;
        let mut lost = 0;
        for node in &mut self.nodes {
            match &mut node.kind {
                Kind::File(file) => {
                    for change in file.pending.drain(..) {
                        if keeps() {
                            change.apply(&mut file.durable);
                        } else {
                            lost += 1;
                        }
                    }
                    file.live.clone_from(&file.durable);
                }
                Kind::Dir(dir) => dir.live.clone_from(&dir.durable),
            }
        }
        lost
    }

    /// Gives the power back.
    pub fn restore_power(&mut self) {
        self.is_off = false;
    }

    fn node(&mut self, number: u64) -> Result<&mut Node, Refused> {
        if self.is_off {
            return Err(Refused::Off);
        }
        let place = usize::try_from(number - 1).unwrap_or(usize::MAX);
        self.nodes.get_mut(place).ok_or(Refused::NoEntry)
    }

    fn file(&mut self, number: u64) -> Result<&mut File, Refused> {
        match &mut self.node(number)?.kind {
            Kind::File(file) => Ok(file),
            Kind::Dir(_) => Err(Refused::WrongKind),
        }
    }

    fn dir(&mut self, number: u64) -> Result<&mut Dir, Refused> {
        match &mut self.node(number)?.kind {
            Kind::Dir(dir) => Ok(dir),
            Kind::File(_) => Err(Refused::WrongKind),
        }
    }
}

impl File {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.pending.push(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file() -> anyhow::Result<(Disk, u64)> {
        let mut disk = Disk::default();
        let made = disk.make(ROOT, OsStr::new("a"), 0o600, false).map_err(refused)?;
        disk.sync(ROOT).map_err(refused)?;
        Ok((disk, made.number))
    }

    fn refused(refused: Refused) -> anyhow::Error {
        anyhow::anyhow!("{refused:?}")
    }

    #[test]
    fn a_power_cut_takes_what_was_not_synced_and_nothing_else() -> anyhow::Result<()> {
        let (mut disk, file) = with_file()?;
        disk.write(file, 0, b"synced").map_err(refused)?;
        disk.sync(file).map_err(refused)?;
        disk.write(file, 6, b" not").map_err(refused)?;
        disk.write(file, 0, b"S").map_err(refused)?;
        disk.make(ROOT, OsStr::new("b"), 0o600, false).map_err(refused)?;
        assert_eq!(disk.read(file, 0, 100), Ok(&b"Synced not"[..]));
        assert_eq!(disk.cut_power(|| false), 2);
        assert_eq!(disk.read(file, 0, 100), Err(Refused::Off));
        disk.restore_power();
        assert_eq!(disk.read(file, 0, 100), Ok(&b"synced"[..]));
        assert_eq!(disk.names(ROOT).map_err(refused)?.len(), 1, "the name was not synced");
        Ok(())
    }

    #[test]
    fn it_may_keep_any_page_of_what_was_not_synced() -> anyhow::Result<()> {
        let (mut disk, file) = with_file()?;
        disk.write(file, PAGE - 1, &vec![7; PAGE + 2]).map_err(refused)?;
        let mut piece = 0;
        let lost = disk.cut_power(|| {
            piece += 1;
            piece == 2
        });
        assert_eq!((piece, lost), (3, 2));
        disk.restore_power();
        let kept = disk.read(file, 0, 3 * PAGE).map_err(refused)?.to_vec();
        assert_eq!(kept.len(), 2 * PAGE);
        assert_eq!((kept[PAGE - 1], kept[PAGE], kept[2 * PAGE - 1]), (0, 7, 7));
        Ok(())
    }

    #[test]
    fn a_renamed_file_stands_in_place_of_the_old_one() -> anyhow::Result<()> {
        let (mut disk, file) = with_file()?;
        disk.make(ROOT, OsStr::new("b"), 0o600, false).map_err(refused)?;
        disk.rename((ROOT, OsStr::new("a")), (ROOT, OsStr::new("b"))).map_err(refused)?;
        assert_eq!(disk.find(ROOT, OsStr::new("b")).map_err(refused)?.number, file);
        assert_eq!(disk.find(ROOT, OsStr::new("a")), Err(Refused::NoEntry));
        Ok(())
    }
}
