//! A thread of its own for what waits for the database again and again. On the threads of the
//! sessions each of these waits would end at the back of their line; with thousands of them a read
//! of a millisecond would take seconds.

use tokio::{runtime, sync::oneshot};

use super::StoreError;

/// The thread, as long as somebody holds this.
#[derive(Debug)]
pub(super) struct Desk {
    handle: runtime::Handle,
    /// Dropped with this, which ends the thread.
    _open: oneshot::Sender<()>,
}

impl Desk {
    /// Starts the thread.
    pub(super) fn open(name: &str) -> std::io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
        let handle = runtime.handle().clone();
        let (open, closed) = oneshot::channel();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _ = runtime.block_on(closed);
        })?;
        Ok(Self { handle, _open: open })
    }

    /// Does something there.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let done = self.handle.spawn(work).await.map_err(|_| StoreError::Closed)?;
        Ok(done?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_on_the_desks_own_thread() {
        let desk = Desk::open("readers").unwrap();
        let name = desk.run(async { Ok(std::thread::current().name().map(str::to_owned)) }).await;
        assert_eq!(name.unwrap().as_deref(), Some("readers"));
    }

    #[tokio::test]
    async fn work_that_breaks_down_is_an_error_and_the_next_goes_on() {
        let desk = Desk::open("readers").unwrap();
        let broken = desk.run::<()>(async { panic!("planted") }).await;
        assert!(matches!(broken, Err(StoreError::Closed)));
        assert_eq!(desk.run(async { Ok(7) }).await.unwrap(), 7);
    }
}
