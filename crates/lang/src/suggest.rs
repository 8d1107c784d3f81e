//! "Did you mean …?"

/// Whether one stroke of the keyboard makes the difference.
pub fn one_slip(word: &str, candidate: &str) -> bool {
    strsim::osa_distance(word, candidate) <= 1
}

/// The candidate nearest to `word`, if one is near enough to be meant.
pub fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let allowed = match word.len() {
        0 => return None,
        1..=2 => 1,
        3..=6 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.len().abs_diff(word.len()) > allowed || candidate == word {
            continue;
        }
        let distance = strsim::osa_distance(word, candidate);
        // A word with nothing in common is no typing slip.
        if distance <= allowed
            && distance < word.len().max(2)
            && best.is_none_or(|(b, _)| distance < b)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}
