//! Loops that gather. What `collect` makes of the same is several times as much code for each kind of item, and in a module that
//! travels to the edge code is what costs.

/// Makes something of each item, or fails with the first that fails.
pub(crate) fn try_each<I: Iterator, T, E>(
    items: I,
    mut make: impl FnMut(I::Item) -> Result<T, E>,
) -> Result<Vec<T>, E> {
    let mut made = Vec::new();
    for item in items {
        made.push(make(item)?);
    }
    Ok(made)
}

/// Makes something of each item.
pub(crate) fn each<I: Iterator, T>(items: I, mut make: impl FnMut(I::Item) -> T) -> Vec<T> {
    let mut made = Vec::new();
    for item in items {
        made.push(make(item));
    }
    made
}

/// Words with something between them.
pub(crate) fn joined(words: &[&str], between: &str) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push_str(between);
        }
        text.push_str(word);
    }
    text
}

/// Whether a text holds a few words.
pub(crate) fn holds(text: &str, words: &str) -> bool {
    text.as_bytes()
        .windows(words.len())
        .any(|part| part == words.as_bytes())
}
