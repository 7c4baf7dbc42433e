//! The lease of whoever sweeps.

use super::queries;

queries! {
    /// Who sweeps.
    LEASE = "SELECT owner, boot, pid, ends FROM leases WHERE name = 'sweep'";

    /// Takes it where nobody has it, or this one has: $1 owner, $2 boot, $3 process, $4 its end, $5 who
    /// has it.
    TAKE_LEASE = "INSERT INTO leases (name, owner, boot, pid, ends) VALUES ('sweep', $1, $2, $3, $4)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, boot = excluded.boot,
          pid = excluded.pid, ends = excluded.ends
        WHERE leases.owner = $5";

    /// $1 owner.
    GIVE_LEASE_BACK = "DELETE FROM leases WHERE name = 'sweep' AND owner = $1";
}
