//! The forgetful disk as a mounted file system: what the kernel asks by FUSE is asked of the disk.

use std::{
    ffi::OsStr,
    path::Path,
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use anyhow::Context;
use fuser::{
    AccessFlags, BackgroundSession, BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType,
    Filesystem, FopenFlags, Generation, INodeNo, LockOwner, MountOption, OpenFlags, RenameFlags,
    ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen,
    ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use tempfile::TempDir;

use super::{Disk, Facts, Refused};

/// How long the kernel may believe what it was told: it is the only one who changes anything.
const BELIEVED: Duration = Duration::from_hours(1);

/// A disk that is mounted until this is dropped. The disk outlives it.
pub struct Mounted {
    disk: Arc<Mutex<Disk>>,
    /// Before the directory: it is unmounted first.
    session: Option<BackgroundSession>,
    dir: TempDir,
}

impl Mounted {
    /// Mounts a new disk.
    pub fn new() -> anyhow::Result<Self> {
        Self::mount(Arc::default())
    }

    fn mount(disk: Arc<Mutex<Disk>>) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("forgetful".to_owned())];
        let files = Files(Arc::clone(&disk));
        let session = fuser::spawn_mount(files, dir.path(), &config).context(
            "can't mount by FUSE: run as root where there is /dev/fuse, or install fuse3",
        )?;
        Ok(Self { disk, session: Some(session), dir })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Takes the power away at this moment; programs that use the disk are to be killed then.
    /// Answers how many pieces that were not synced are lost.
    pub fn cut_power(&self, keeps: impl FnMut() -> bool) -> u64 {
        lock(&self.disk).cut_power(keeps)
    }

    /// Takes the disk out and mounts it again, with what it has kept.
    pub fn again(mut self) -> anyhow::Result<Self> {
        self.unmount()?;
        lock(&self.disk).restore_power();
        Self::mount(Arc::clone(&self.disk))
    }

    fn unmount(&mut self) -> anyhow::Result<()> {
        let Some(session) = self.session.take() else { return Ok(()) };
        session.umount_and_join().context("can't unmount: something still uses the disk")
    }
}

impl Drop for Mounted {
    /// Also where a program that is being killed still uses it.
    fn drop(&mut self) {
        if self.session.is_some() {
            let _ = Command::new("umount").arg("--lazy").arg(self.dir.path()).status();
        }
    }
}

fn lock(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the kernel asks.
struct Files(Arc<Mutex<Disk>>);

impl Files {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.0)
    }
}

impl From<Refused> for Errno {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoEntry => Self::ENOENT,
            Refused::WrongKind => Self::EISDIR,
            Refused::Exists => Self::EEXIST,
            Refused::Off => Self::EIO,
        }
    }
}

fn attr(facts: Facts) -> FileAttr {
    let at = SystemTime::UNIX_EPOCH;
    let kind = if facts.is_dir { FileType::Directory } else { FileType::RegularFile };
    FileAttr {
        ino: INodeNo(facts.number),
        size: facts.size,
        blocks: facts.size.div_ceil(512),
        atime: at,
        mtime: at,
        ctime: at,
        crtime: at,
        kind,
        perm: facts.mode,
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 4096,
        flags: 0,
    }
}

fn entry(found: Result<Facts, Refused>, reply: ReplyEntry) {
    match found {
        Ok(facts) => reply.entry(&BELIEVED, &attr(facts), Generation(0)),
        Err(refused) => reply.error(refused.into()),
    }
}

fn facts(found: Result<Facts, Refused>, reply: ReplyAttr) {
    match found {
        Ok(facts) => reply.attr(&BELIEVED, &attr(facts)),
        Err(refused) => reply.error(refused.into()),
    }
}

fn empty(done: Result<(), Refused>, reply: ReplyEmpty) {
    match done {
        Ok(()) => reply.ok(),
        Err(refused) => reply.error(refused.into()),
    }
}

fn number(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

/// The permissions in a mode.
fn permissions(mode: u32, umask: u32) -> u16 {
    u16::try_from(mode & !umask & 0o7777).unwrap_or(0o600)
}

/// What a request without a change of contents is answered.
impl Filesystem for Files {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        entry(self.disk().find(parent.0, name), reply);
    }

    fn getattr(&self, _: &Request, file: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        facts(self.disk().facts(file.0), reply);
    }

    fn setattr(
        &self,
        _: &Request,
        file: INodeNo,
        mode: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut disk = self.disk();
        let resized = size.map_or(Ok(()), |size| disk.resize(file.0, number(size)));
        let changed = resized.and_then(|()| match mode {
            Some(mode) => disk.set_mode(file.0, permissions(mode, 0)),
            None => Ok(()),
        });
        facts(changed.and_then(|()| disk.facts(file.0)), reply);
    }

    fn mkdir(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        reply: ReplyEntry,
    ) {
        entry(self.disk().make(parent.0, name, permissions(mode, umask), true), reply);
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        match self.disk().make(parent.0, name, permissions(mode, umask), false) {
            Ok(facts) => {
                let handle = FileHandle(0);
                let keep = FopenFlags::FOPEN_KEEP_CACHE;
                reply.created(&BELIEVED, &attr(facts), Generation(0), handle, keep);
            }
            Err(refused) => reply.error(refused.into()),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.disk().remove(parent.0, name), reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.disk().remove(parent.0, name), reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        empty(self.disk().rename((parent.0, name), (new_parent.0, new_name)), reply);
    }

    /// The cache is kept from one opening to the next: nobody changes a file behind the kernel.
    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::FOPEN_KEEP_CACHE);
    }

    fn read(
        &self,
        _: &Request,
        file: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.disk().read(file.0, number(offset), number(size.into())) {
            Ok(bytes) => reply.data(bytes),
            Err(refused) => reply.error(refused.into()),
        }
    }

    fn write(
        &self,
        _: &Request,
        file: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.disk().write(file.0, number(offset), data) {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(refused) => reply.error(refused.into()),
        }
    }

    /// A close is no sync.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, file: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        empty(self.disk().sync(file.0), reply);
    }

    fn fsyncdir(&self, _: &Request, dir: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        empty(self.disk().sync(dir.0), reply);
    }

    fn readdir(
        &self,
        _: &Request,
        dir: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let names = match self.disk().names(dir.0) {
            Ok(names) => names,
            Err(refused) => return reply.error(refused.into()),
        };
        for ((name, facts), next) in names.into_iter().zip(1..).skip(number(offset)) {
            if reply.add(INodeNo(facts.number), next, attr(facts).kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let blocks = 1 << 20;
        reply.statfs(blocks, blocks, blocks, blocks, blocks, 4096, 255, 4096);
    }

    fn access(&self, _: &Request, _: INodeNo, _: AccessFlags, reply: ReplyEmpty) {
        reply.ok();
    }
}
