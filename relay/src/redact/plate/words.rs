//! The words by which plates are known, and by which models of cars are.

/// What three letters behind a model say of it.
pub(super) const TRIMS: [&str; 43] = [
    "amg", "awd", "bhp", "cdi", "cdt", "crd", "csl", "cvt", "dct", "dsg", "ecu", "evo", "fsi",
    "fwd", "gsi", "gtb", "gtc", "gtd", "gte", "gti", "gts", "hdi", "hev", "hse", "hst", "jtd",
    "kwh", "lpg", "lux", "mhd", "mot", "mph", "mpg", "mpv", "rwd", "sdi", "svr", "tdi", "tdv",
    "tsi", "van", "vrs", "vti",
];

/// Words before a plate.
pub(super) const BEFORE: [&str; 14] = [
    "reg",
    "registration",
    "regn",
    "plate",
    "plates",
    "numberplate",
    "vrm",
    "rego",
    "index",
    "kennzeichen",
    "nummernschild",
    "لوحة",
    "لوحتها",
    "اللوحة",
];

/// What may stand between such a word and a plate.
pub(super) const BETWEEN: [&str; 9] =
    ["is", "number", "no", "mark", "ist", "of", "رقم", "mein", "lautet"];
