//! Rust source as text, read just far enough to tell code from remarks, to list the paths it names and to measure functions.
//!
//! It is no parser: what it cannot tell apart (macro bodies, braces in const generics) does not occur in this house.

/// A file with its remarks and the contents of its literals taken out of the code.
pub struct Source {
    /// From the root of the repository, with `/`.
    pub path: String,
    /// As it is.
    pub text: String,
    /// Its remarks alone, every other character a blank.
    pub remarks: String,
    /// Its code as words and signs.
    pub tokens: Vec<Token>,
    /// First and last line of each item under `#[cfg(test)]`.
    tests: Vec<(usize, usize)>,
}

/// A word or a sign of the code.
pub struct Token {
    /// From 1.
    pub line: usize,
    /// A whole identifier or number, `::`, or one character.
    pub text: String,
}

/// A path the code names, with the groups of a `use` spread out.
pub struct Named {
    /// From 1.
    pub line: usize,
    /// `["crate", "domain", "game"]`.
    pub segments: Vec<String>,
}

/// A function with a body.
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`.
    pub line: usize,
    /// Lines from there to the closing brace.
    pub n_lines: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Remark,
    Literal,
}

impl Source {
    /// Reads a file.
    pub fn new(path: &str, text: &str) -> Source {
        let (code, remarks) = split(text);
        let tokens = tokens(&code);
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
            remarks,
            tests: test_items(&tokens),
            tokens,
        }
    }

    /// Whether a line is there for tests only.
    pub fn is_test(&self, line: usize) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.split('/').any(|part| part == "tests")
            || ["tests.rs", "test_data.rs"].contains(&name)
            || self.tests.iter().any(|(first, last)| (*first..=*last).contains(&line))
    }

    /// The module directly below the crate this file belongs to; none for `lib.rs` and what is not under `src/`.
    pub fn module(&self) -> Option<&str> {
        let first = self.path.strip_prefix("src/")?.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first)).filter(|m| *m != "lib")
    }

    /// How many `super`s lead from here to the crate's root.
    fn depth(&self, line: usize) -> usize {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let depth = below.split('/').count() - usize::from(below.ends_with("/mod.rs"));
        depth + usize::from(self.tests.iter().any(|(first, last)| (*first..=*last).contains(&line)))
    }

    /// Every path named in the code.
    pub fn paths(&self) -> Vec<Named> {
        let mut named = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let in_use = self.word(at) == "use" && self.word(at + 1) != "<";
            at = if in_use {
                self.tree(at + 1, &[], &mut named)
            } else if is_word(self.word(at)) {
                let (segments, end) = self.segments(at);
                named.push(self.named(at, segments));
                end
            } else {
                at + 1
            };
        }
        named
    }

    /// The modules directly below the crate that are named, with their lines.
    pub fn imports(&self) -> Vec<(usize, String)> {
        let of = |named: Named| {
            let supers = named.segments.iter().take_while(|s| *s == "super").count();
            let root = match named.segments[0].as_str() {
                "crate" => Some(1),
                "huddle" if self.path == "src/main.rs" => Some(1),
                _ => (supers > 0 && supers == self.depth(named.line)).then_some(supers),
            };
            root.and_then(|n| named.segments.get(n))
                .map(|m| (named.line, m.clone()))
        };
        self.paths().into_iter().filter_map(of).collect()
    }

    /// Every function with a body.
    pub fn functions(&self) -> Vec<Function> {
        let begins = |at: &usize| self.word(*at) == "fn" && is_word(self.word(at + 1));
        let measure = |at: usize| {
            let end = self.end_of_item(at)?;
            (self.word(end) == "}").then(|| Function {
                name: self.tokens[at + 1].text.clone(),
                line: self.tokens[at].line,
                n_lines: self.tokens[end].line + 1 - self.tokens[at].line,
            })
        };
        (0..self.tokens.len()).filter(begins).filter_map(measure).collect()
    }

    /// Whether an item of this name is declared here.
    pub fn declares(&self, name: &str) -> bool {
        const KINDS: [&str; 9] = [
            "struct",
            "enum",
            "trait",
            "type",
            "fn",
            "const",
            "static",
            "mod",
            "macro_rules",
        ];
        self.tokens
            .windows(2)
            .any(|pair| pair[1].text == name && KINDS.contains(&pair[0].text.as_str()))
    }

    /// Whether the code has this word anywhere.
    pub fn says(&self, word: &str) -> bool {
        self.tokens.iter().any(|t| t.text == word)
    }

    /// The token at a position; an empty one beyond the end.
    pub fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| &t.text)
    }

    fn named(&self, at: usize, segments: Vec<String>) -> Named {
        let line = self.tokens.get(at).map_or(0, |t| t.line);
        Named { line, segments }
    }

    /// Words joined by `::` from a position, and where they end.
    fn segments(&self, mut at: usize) -> (Vec<String>, usize) {
        let mut words = vec![self.word(at).to_owned()];
        while self.word(at + 1) == "::" && is_word(self.word(at + 2)) {
            at += 2;
            words.push(self.word(at).to_owned());
        }
        (words, at + 1)
    }

    /// Spreads out one branch of a `use`, and says where it ends.
    fn tree(&self, mut at: usize, prefix: &[String], named: &mut Vec<Named>) -> usize {
        let (begin, mut path) = (at, prefix.to_vec());
        loop {
            match self.word(at) {
                "::" => at += 1,
                "{" => {
                    at += 1;
                    while !["}", ""].contains(&self.word(at)) {
                        at = self.tree(at, &path, named);
                        at += usize::from(self.word(at) == ",");
                    }
                    return at + 1;
                }
                "as" => at += 2,
                word if is_word(word) || word == "*" => {
                    path.push(word.to_owned());
                    at += 1;
                }
                _ => break,
            }
        }
        if path.len() > prefix.len() {
            named.push(self.named(begin, path));
        }
        at.max(begin + usize::from(![",", "}"].contains(&self.word(begin))))
    }

    fn end_of_item(&self, at: usize) -> Option<usize> {
        end_of_item(&self.tokens, at)
    }
}

/// The closing brace of the item that begins at a token, or its semicolon.
fn end_of_item(tokens: &[Token], begin: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(begin) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 && token.text == "}" {
                    return Some(at);
                }
            }
            ";" if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

fn test_items(tokens: &[Token]) -> Vec<(usize, usize)> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let marked = |at: &usize| MARK.iter().zip(&tokens[*at..]).all(|(m, t)| t.text == *m) && at + 7 <= tokens.len();
    let lines = |at: usize| {
        let end = end_of_item(tokens, at + MARK.len())?;
        Some((tokens[at].line, tokens[end].line))
    };
    (0..tokens.len()).filter(marked).filter_map(lines).collect()
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn tokens(code: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for (at, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let len = if is_word(rest) {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (text, after) = rest.split_at(len);
            found.push(Token {
                line: at + 1,
                text: text.to_owned(),
            });
            rest = after.trim_start();
        }
    }
    found
}

/// The code without remarks and literals, and the remarks alone; both keep every line where it was.
fn split(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut remarks) = (String::new(), String::new());
    let mut at = 0;
    while at < chars.len() {
        let (len, kind) = piece(&chars[at..]);
        for &c in &chars[at..(at + len).min(chars.len())] {
            let blank = if c == '\n' { '\n' } else { ' ' };
            code.push(if kind == Kind::Code { c } else { blank });
            remarks.push(if kind == Kind::Remark { c } else { blank });
        }
        at += len;
    }
    (code, remarks)
}

/// How long the first piece is, and what it is.
fn piece(rest: &[char]) -> (usize, Kind) {
    let to = |end: Option<usize>| end.unwrap_or(rest.len());
    match rest {
        ['/', '/', ..] => (to(rest.iter().position(|c| *c == '\n')), Kind::Remark),
        ['/', '*', ..] => (block(rest), Kind::Remark),
        ['"', ..] => (string(rest), Kind::Literal),
        ['\'', '\\', _, after @ ..] => (to(after.iter().position(|c| *c == '\'').map(|n| n + 4)), Kind::Literal),
        ['\'', _, '\'', ..] => (3, Kind::Literal),
        [c, ..] if c.is_alphanumeric() || *c == '_' => match raw_string(rest) {
            Some(len) => (len, Kind::Literal),
            None => (
                to(rest.iter().position(|c| !(c.is_alphanumeric() || *c == '_'))),
                Kind::Code,
            ),
        },
        _ => (1, Kind::Code),
    }
}

fn block(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a raw string that begins here.
fn raw_string(rest: &[char]) -> Option<usize> {
    let prefix = rest.iter().take_while(|c| "bcr".contains(**c)).count();
    let n_marks = rest[prefix..].iter().take_while(|c| **c == '#').count();
    let opens = prefix > 0 && rest[prefix - 1] == 'r' && rest.get(prefix + n_marks) == Some(&'"');
    if !opens {
        return None;
    }
    let body = prefix + n_marks + 1;
    let closes = |at: &usize| {
        let marks = rest.get(at + 1..at + 1 + n_marks);
        rest[*at] == '"' && marks.is_some_and(|m| m.iter().all(|c| *c == '#'))
    };
    Some(
        (body..rest.len())
            .find(closes)
            .map_or(rest.len(), |at| at + 1 + n_marks),
    )
}
