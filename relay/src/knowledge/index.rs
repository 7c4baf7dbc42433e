//! A dealer's passages in one language, ranked by BM25, with a bar below which nothing fits. Pure.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use protocol::Source;

use crate::{
    domain::{document::Document, passage::Passage},
    knowledge::{
        lexicon::{Lexicon, Term},
        near::{is_part, nearness},
        passages::split,
    },
    limits::QUERY_WORDS,
};

/// BM25: how soon more of the same word stops to count.
const K1: f32 = 1.2;

/// BM25: how much long passages are held back.
const B: f32 = 0.6;

/// How much a word in the passage's own heading counts, beside one in its text.
const HEADING_WEIGHT: f32 = 3.0;

/// How much a word in the title above counts.
const TITLE_WEIGHT: f32 = 1.0;

/// How much more a passage counts whose heading the question says whole.
const HEADING_BONUS: f32 = 0.5;

/// How much of a question's weight, rare words weighing more, a passage must hold.
const BAR: f32 = 0.5;

#[derive(Debug)]
struct Entry {
    source: Source,
    text: String,
    /// How many terms it has, weighted.
    length: f32,
    /// The terms of its heading that count.
    heading: Vec<String>,
}

/// Where a term stands: the passage and its weight there.
type Posting = (u32, f32);

/// An index; it never changes.
#[derive(Debug)]
pub struct Index {
    lexicon: Lexicon,
    entries: Vec<Entry>,
    postings: HashMap<Arc<str>, Vec<Posting>>,
    /// The terms by how many characters they have: a slip changes a word by one at most.
    by_chars: BTreeMap<usize, Vec<Arc<str>>>,
    mean_length: f32,
    has_compounds: bool,
    bytes: usize,
}

impl Index {
    /// The index of these documents, read in this language.
    pub fn new(documents: &[Document], language: &str) -> Self {
        let lexicon = Lexicon::of(language);
        let has_compounds = matches!(language, "de" | "nl" | "sv" | "da" | "no" | "fi");
        let mut index = Self {
            lexicon,
            entries: Vec::new(),
            postings: HashMap::new(),
            by_chars: BTreeMap::new(),
            mean_length: 1.0,
            has_compounds,
            bytes: 0,
        };
        for document in documents {
            for piece in split(document) {
                let mut weights: HashMap<String, f32> = HashMap::new();
                index.weigh(&mut weights, &piece.text, 1.0);
                index.weigh(&mut weights, &piece.heading, HEADING_WEIGHT);
                index.weigh(&mut weights, &piece.above, TITLE_WEIGHT);
                let heading = index.heading_terms(&piece.heading);
                let source = Source { title: piece.title(), url: document.url.clone() };
                index.add(Entry { source, text: piece.text, length: 0.0, heading }, weights);
            }
        }
        let total: f32 = index.entries.iter().map(|entry| entry.length).sum();
        index.mean_length = (total / as_f32(index.entries.len())).max(1.0);
        index
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        self.bytes + 1024
    }

    /// The passages that fit the question, best first, at most `limit`.
    pub fn find(&self, query: &str, limit: usize) -> Vec<Passage> {
        self.passages(self.ranked(&self.terms(query)), limit)
    }

    /// The passages that fit a question which makes sense only with the one before it: "And how
    /// many owners?". A passage must say something of the question itself, or the one before would
    /// be answered again; a question that says nothing by itself ("And why?") is about the last one.
    pub fn find_after(&self, before: &str, query: &str, limit: usize) -> Vec<Passage> {
        let own: Vec<Term> = self.terms(query).into_iter().filter(|term| term.counts).collect();
        let mut holds = HashMap::new();
        for term in &own {
            self.look_up(term, &mut holds);
        }
        let mut found = self.ranked(&self.terms(&format!("{before}\n{query}")));
        found.retain(|(at, _)| own.is_empty() || holds.contains_key(at));
        self.passages(found, limit)
    }

    /// The terms of a question, each once.
    fn terms(&self, query: &str) -> Vec<Term> {
        let mut terms: Vec<Term> = Vec::new();
        for term in self.lexicon.terms(query) {
            if !terms.contains(&term) && terms.len() < QUERY_WORDS {
                terms.push(term);
            }
        }
        terms
    }

    /// The passages that hold enough of these terms, best first.
    fn ranked(&self, terms: &[Term]) -> Vec<(u32, Score)> {
        let mut scores: HashMap<u32, Score> = HashMap::new();
        let mut wanted = 0.0;
        for term in terms {
            wanted += self.look_up(term, &mut scores);
        }
        if wanted <= 0.0 {
            return Vec::new();
        }
        let fits = |score: &Score| BAR <= score.held / wanted;
        let mut found: Vec<(u32, Score)> =
            scores.into_iter().filter(|(_, score)| fits(score)).collect();
        for (at, score) in &mut found {
            score.rank *= 1.0 + HEADING_BONUS * self.heading_share(*at, terms);
        }
        // Equal scores keep the order of the documents, so that the same question finds the same.
        found.sort_by(|(a, one), (b, other)| other.rank.total_cmp(&one.rank).then(a.cmp(b)));
        found
    }

    fn passages(&self, found: Vec<(u32, Score)>, limit: usize) -> Vec<Passage> {
        let passage = |(at, score): (u32, Score)| {
            let entry = self.entries.get(usize::try_from(at).ok()?)?;
            Some(Passage {
                source: entry.source.clone(),
                text: entry.text.clone(),
                score: score.rank,
            })
        };
        found.into_iter().take(limit).filter_map(passage).collect()
    }

    /// Adds what one term of a question gives to each passage; tells what it weighs.
    fn look_up(&self, term: &Term, scores: &mut HashMap<u32, Score>) -> f32 {
        let exact = self.postings.get(term.text.as_str()).map(|postings| vec![(postings, 1.0)]);
        let lists =
            exact.unwrap_or_else(|| if term.counts { self.near(&term.text) } else { Vec::new() });
        let mut best: HashMap<u32, (f32, f32)> = HashMap::new();
        let mut weight = if lists.is_empty() { self.rarity(1) } else { 0.0f32 };
        for (postings, nearness) in lists {
            let rarity = self.rarity(postings.len());
            weight = weight.max(rarity);
            for (at, count) in postings {
                let entry = best.entry(*at).or_default();
                let gain = nearness * rarity * self.saturation(*at, *count);
                *entry = (entry.0.max(gain), entry.1.max(nearness * rarity));
            }
        }
        for (at, (gain, held)) in best {
            let score = scores.entry(at).or_default();
            score.rank += gain;
            score.held += held;
        }
        if term.counts { weight } else { 0.0 }
    }

    /// The terms that are nearly this one, which no passage holds.
    fn near(&self, word: &str) -> Vec<(&Vec<Posting>, f32)> {
        let chars = word.chars().count();
        let similar = chars.saturating_sub(1)..=chars + 1;
        // A part of a compound may be of any length; it is told by its letters, at less cost.
        let may_be = |length: usize, known: &str| {
            similar.contains(&length) || (self.has_compounds && is_part(word, known))
        };
        let range = if self.has_compounds { 0..=usize::MAX } else { similar.clone() };
        let words = self
            .by_chars
            .range(range)
            .flat_map(|(chars, words)| words.iter().filter(|known| may_be(*chars, known)));
        let near = words.filter_map(|known| {
            let nearness = nearness(word, known, self.has_compounds);
            Some((self.postings.get(known)?, nearness)).filter(|_| 0.0 < nearness)
        });
        near.collect()
    }

    /// How much a term that stands in so many passages says.
    fn rarity(&self, passages: usize) -> f32 {
        let (all, with) = (as_f32(self.entries.len()), as_f32(passages));
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    fn saturation(&self, at: u32, count: f32) -> f32 {
        let entry = usize::try_from(at).ok().and_then(|at| self.entries.get(at));
        let length = entry.map_or(1.0, |entry| entry.length / self.mean_length);
        count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length))
    }

    /// How much of the passage's heading the question says.
    fn heading_share(&self, at: u32, terms: &[Term]) -> f32 {
        let Some(entry) = usize::try_from(at).ok().and_then(|at| self.entries.get(at)) else {
            return 0.0;
        };
        let said = |word: &&String| {
            terms.iter().any(|term| {
                term.text == **word || 0.0 < nearness(&term.text, word, self.has_compounds)
            })
        };
        as_f32(entry.heading.iter().filter(said).count()) / as_f32(entry.heading.len().max(1))
    }

    fn weigh(&self, weights: &mut HashMap<String, f32>, text: &str, weight: f32) {
        for term in self.lexicon.terms(text) {
            *weights.entry(term.text).or_default() += weight;
        }
    }

    fn heading_terms(&self, heading: &str) -> Vec<String> {
        let terms = self.lexicon.terms(heading).into_iter();
        terms.filter(|term| term.counts).map(|term| term.text).collect()
    }

    fn add(&mut self, mut entry: Entry, weights: HashMap<String, f32>) {
        let Ok(at) = u32::try_from(self.entries.len()) else { return };
        self.bytes += entry.source.title.len() + entry.text.len() + 256;
        entry.length = weights.values().sum();
        for (term, weight) in weights {
            self.bytes += 16;
            if let Some(postings) = self.postings.get_mut(term.as_str()) {
                postings.push((at, weight));
                continue;
            }
            self.bytes += term.len() + 128;
            let (chars, term) = (term.chars().count(), Arc::<str>::from(term));
            self.by_chars.entry(chars).or_default().push(Arc::clone(&term));
            self.postings.insert(term, vec![(at, weight)]);
        }
        self.entries.push(entry);
    }
}

/// What a passage has of a question.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    /// BM25.
    rank: f32,
    /// The weight of the question's words that it holds.
    held: f32,
}

#[expect(clippy::cast_precision_loss, reason = "numbers of passages, far below 2^24")]
fn as_f32(number: usize) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_as_if_each_word_were_looked_at() {
        let words =
            "warranty warrant mileage Gebrauchtwagengarantie Garantie Getriebe Öffnung öffnen Golf";
        let text = words.replace(' ', "\n\n");
        let document = Document { name: "a".into(), title: "A".into(), url: None, text };
        for language in ["en", "de"] {
            let index = Index::new(std::slice::from_ref(&document), language);
            for word in
                ["waranty", "warrantys", "mileag", "garantie", "garanti", "öfnung", "golf", "x"]
            {
                let nearness = |known: &str| nearness(word, known, index.has_compounds);
                let all = index.postings.keys().filter(|known| 0.0 < nearness(known)).count();
                assert_eq!(index.near(word).len(), all, "{language}: {word}");
            }
        }
    }
}
