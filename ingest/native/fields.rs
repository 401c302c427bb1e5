//! Ordinary CloudTrail files -> columns of their records' fields, each text once where texts repeat.
//!
//! Ordinary is `{"Records": [...]}`, or the list alone, of strict JSON whose records hold known fields of the
//! usual types, each once. A file that is anything else is refused whole, and nothing of it is kept: `ingest/decode.py` is
//! patient with it. The texts are hostile: every access is bounds-checked, depth is bounded, and the hashes
//! that find equal texts are keyed, so that nobody can make many that collide.

use std::collections::hash_map::RandomState;
use std::convert::TryInto;
use std::hash::{BuildHasher, Hasher};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;

const ABSENT: i32 = -1;
const MOST_DEPTH: usize = 200;
const MOST_BYTES: usize = 1 << 30; // of one set of columns: offsets are 32 bits wide

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Coded,   // text whose values repeat
    Plain,   // text whose values seldom repeat
    Boolean, // true or false
    Json,    // any value, kept as it was written
}

/// A value's place in its file; of a text what is between its quotes.
#[derive(Clone, Copy, Default)]
struct Span {
    present: bool,
    escaped: bool,
    start: u32,
    end: u32,
}

impl Span {
    fn of(start: usize, end: usize, escaped: bool) -> Span {
        Span { present: true, escaped, start: start as u32, end: end as u32 }
    }

    fn text<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        &data[self.start as usize..self.end as usize]
    }
}

// ---- reading ---------------------------------------------------------------------------------------

/// Strict JSON; None is "not ordinary" everywhere.
struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next byte; 0, which begins nothing in JSON, at the end.
    fn peek(&self) -> u8 {
        self.data.get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// Passes a sign and the space on both sides of it.
    fn sign(&mut self, sign: u8) -> Option<()> {
        self.space();
        if self.peek() != sign {
            return None;
        }
        self.at += 1;
        self.space();
        Some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        if !self.data[self.at..].starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    fn string(&mut self) -> Option<Span> {
        if self.peek() != b'"' {
            return None;
        }
        let start = self.at + 1;
        let (mut at, mut escaped) = (start, false);
        loop {
            at += plain_length(&self.data[at..]);
            match self.data.get(at)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    at += escape_length(&self.data[at..])?;
                }
                _ => return None,
            }
        }
        self.at = at + 1;
        Some(Span::of(start, at, escaped))
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at > start { Some(()) } else { None }
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == b'-' {
            self.at += 1;
        }
        if self.peek() == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Passes any value.
    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek() {
            b'"' => self.string().map(drop),
            b'{' | b'[' if depth == MOST_DEPTH => None,
            b'{' => self.members(|reader, _| reader.value(depth + 1)),
            b'[' => self.elements(|reader| reader.value(depth + 1)),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    /// Passes an object; `each` passes the value of a member whose name it is given.
    fn members(&mut self, mut each: impl FnMut(&mut Self, Span) -> Option<()>) -> Option<()> {
        self.listed(b'{', b'}', |reader| {
            let name = reader.string()?;
            reader.sign(b':')?;
            each(reader, name)
        })
    }

    /// Passes an array; `each` passes an element.
    fn elements(&mut self, each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.listed(b'[', b']', each)
    }

    fn listed(
        &mut self,
        opens: u8,
        closes: u8,
        mut each: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.sign(opens)?;
        if self.peek() != closes {
            each(self)?;
            while self.sign(b',').is_some() {
                each(self)?;
            }
        }
        if self.peek() != closes {
            return None;
        }
        self.at += 1;
        Some(())
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// How many bytes come before the first that is a quote, a backslash or a control character.
fn plain_length(data: &[u8]) -> usize {
    let mut length = 0;
    for eight in data.chunks_exact(8) {
        let found = special(u64::from_le_bytes(eight.try_into().unwrap()));
        if found != 0 {
            return length + (found.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let rest = &data[length..];
    let special = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
    length + rest.iter().position(special).unwrap_or(rest.len())
}

/// The lowest bit set is in the first of eight bytes that is special: borrows mark later bytes only.
fn special(word: u64) -> u64 {
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    zero(word ^ (ONES * b'"' as u64)) | zero(word ^ (ONES * b'\\' as u64)) | control
}

/// Length of the escape that `data` begins with.
fn escape_length(data: &[u8]) -> Option<usize> {
    match data.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => character(data).map(|(_, length)| length),
        _ => None,
    }
}

/// The character of `\u....`, or of two of them that are a pair of surrogates, and their length.
fn character(data: &[u8]) -> Option<(char, usize)> {
    let first = code_unit(data)?;
    if let Some(found) = char::from_u32(first) {
        return Some((found, 6));
    }
    let pair = [first as u16, code_unit(data.get(6..)?)? as u16];
    let found = char::decode_utf16(pair).next()?.ok()?;
    Some((found, 12))
}

fn code_unit(data: &[u8]) -> Option<u32> {
    let digits = data.get(..6)?.strip_prefix(b"\\u")?;
    let digit = |byte: &u8| (*byte as char).to_digit(16);
    digits.iter().try_fold(0, |sum, byte| Some(sum * 16 + digit(byte)?))
}

/// The text that an escaped one stands for.
fn unescaped(text: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'\\' {
            out.push(text[at]);
            at += 1;
            continue;
        }
        let (found, length) = match text[at + 1] {
            b'b' => ('\u{8}', 2),
            b'f' => ('\u{c}', 2),
            b'n' => ('\n', 2),
            b'r' => ('\r', 2),
            b't' => ('\t', 2),
            b'u' => character(&text[at..]).unwrap_or((char::REPLACEMENT_CHARACTER, 6)),
            other => (other as char, 2),
        };
        out.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
        at += length;
    }
}

// ---- columns ---------------------------------------------------------------------------------------

/// Texts one after the other: text i is `bytes[offsets[i]..offsets[i + 1]]`.
struct Texts {
    bytes: Vec<u8>,
    offsets: Vec<i32>,
}

impl Texts {
    fn new() -> Texts {
        Texts { bytes: Vec::new(), offsets: vec![0] }
    }

    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.offsets.push(self.bytes.len() as i32);
    }

    fn get(&self, place: i32) -> &[u8] {
        let place = place as usize;
        &self.bytes[self.offsets[place] as usize..self.offsets[place + 1] as usize]
    }
}

/// Where each distinct text is among `Texts`: open addressing, at most half full.
struct Places {
    slots: Vec<i32>,
    hashes: Vec<u64>,
}

impl Places {
    fn new() -> Places {
        Places { slots: vec![ABSENT; 64], hashes: Vec::new() }
    }

    fn place(&mut self, text: &[u8], hash: u64, texts: &mut Texts) -> i32 {
        let mut slot = self.slot(hash);
        while self.slots[slot] != ABSENT {
            let place = self.slots[slot];
            if self.hashes[place as usize] == hash && texts.get(place) == text {
                return place;
            }
            slot = (slot + 1) % self.slots.len();
        }
        let place = self.hashes.len() as i32;
        self.slots[slot] = place;
        self.hashes.push(hash);
        texts.push(text);
        if self.hashes.len() * 2 > self.slots.len() {
            self.grow();
        }
        place
    }

    fn slot(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        self.slots = vec![ABSENT; self.slots.len() * 4];
        for place in 0..self.hashes.len() {
            let mut slot = self.slot(self.hashes[place]);
            while self.slots[slot] != ABSENT {
                slot = (slot + 1) % self.slots.len();
            }
            self.slots[slot] = place as i32;
        }
    }
}

/// A keyed hash of the multiply-and-fold kind.
#[derive(Clone, Copy)]
struct Keys(u64, u64);

impl Keys {
    fn random() -> Keys {
        let one = || RandomState::new().build_hasher().finish() | 1;
        Keys(one(), one())
    }

    fn hash(self, text: &[u8]) -> u64 {
        let mut state = self.0 ^ text.len() as u64;
        let mut parts = text.chunks_exact(16);
        for part in &mut parts {
            state = self.mixed(state, part.try_into().unwrap());
        }
        let rest = parts.remainder();
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        fold(self.mixed(state, last), self.0)
    }

    fn mixed(self, state: u64, part: [u8; 16]) -> u64 {
        let both = u128::from_le_bytes(part);
        fold(both as u64 ^ self.1, (both >> 64) as u64 ^ state)
    }
}

fn fold(one: u64, other: u64) -> u64 {
    let product = one as u128 * other as u128;
    product as u64 ^ (product >> 64) as u64
}

/// One field of all rows. `codes` are places among `texts`; of a `Plain` column, which has a text a row, 0,
/// of a `Boolean` one 0 or 1; and -1 where the field is absent.
struct Column {
    kind: Kind,
    name: Vec<u8>,
    codes: Vec<i32>,
    texts: Texts,
    places: Places,
}

impl Column {
    fn push(&mut self, text: Option<&[u8]>, keys: Keys) {
        let code = match (self.kind, text) {
            (Kind::Plain, _) => {
                self.texts.push(text.unwrap_or(b""));
                text.map_or(ABSENT, |_| 0)
            }
            (_, None) => ABSENT,
            (Kind::Boolean, Some(text)) => (text == b"true") as i32,
            (_, Some(text)) => self.code(text, keys),
        };
        self.codes.push(code);
    }

    fn code(&mut self, text: &[u8], keys: Keys) -> i32 {
        match self.codes.last() {
            Some(last) if *last != ABSENT && self.texts.get(*last) == text => *last,
            _ => self.places.place(text, keys.hash(text), &mut self.texts),
        }
    }
}

/// Columns of the records of all files that were added.
pub struct Fields {
    columns: Vec<Column>,
    keys: Keys,
    bytes: usize,
    spans: Vec<Span>, // of the file at hand: a row of columns a record
    order: Vec<usize>, // of the fields of the record before
    text: Vec<u8>,
}

impl Fields {
    /// Columns by lines of a kind's letter and a field's name.
    fn new(described: &[u8]) -> Option<Fields> {
        let mut columns = Vec::new();
        for line in described.split(|byte| *byte == b'\n') {
            let (letter, name) = line.split_first()?;
            let kind = match letter {
                b'c' => Kind::Coded,
                b'p' => Kind::Plain,
                b'b' => Kind::Boolean,
                b'j' => Kind::Json,
                _ => return None,
            };
            let (texts, places) = (Texts::new(), Places::new());
            columns.push(Column { kind, name: name.to_vec(), codes: Vec::new(), texts, places });
        }
        let (spans, order, text) = (Vec::new(), Vec::new(), Vec::new());
        Some(Fields { columns, keys: Keys::random(), bytes: 0, spans, order, text })
    }

    /// Adds the records of a file, and says how many; None where it is not ordinary.
    fn add(&mut self, data: &[u8]) -> Option<usize> {
        if self.bytes + data.len() > MOST_BYTES || std::str::from_utf8(data).is_err() {
            return None;
        }
        self.spans.clear();
        self.order.clear();
        self.read(data)?;
        self.bytes += data.len();
        self.keep(data);
        Some(self.spans.len() / self.columns.len())
    }

    fn read(&mut self, data: &[u8]) -> Option<()> {
        let mut reader = Reader { data, at: 0 };
        reader.space();
        let alone = reader.peek() == b'[';
        if !alone {
            reader.sign(b'{')?;
            if reader.string()?.text(data) != b"Records" {
                return None;
            }
            reader.sign(b':')?;
        }
        reader.elements(|reader| self.record(reader))?;
        if !alone {
            reader.sign(b'}')?;
        }
        reader.space();
        if reader.at < data.len() { None } else { Some(()) }
    }

    fn record(&mut self, reader: &mut Reader) -> Option<()> {
        let row = self.spans.len();
        self.spans.resize(row + self.columns.len(), Span::default());
        let mut place = 0;
        reader.members(|reader, name| {
            let column = self.column(name.text(reader.data), place)?;
            place += 1;
            if self.spans[row + column].present {
                return None;
            }
            self.spans[row + column] = self.field(reader, column, row)?;
            Some(())
        })
    }

    /// The column of a name: most often that of the record before in this place.
    fn column(&mut self, name: &[u8], place: usize) -> Option<usize> {
        if let Some(column) = self.order.get(place) {
            if self.columns[*column].name == name {
                return Some(*column);
            }
        }
        let column = self.columns.iter().position(|column| column.name == name)?;
        self.order.truncate(place);
        self.order.push(column);
        Some(column)
    }

    fn field(&self, reader: &mut Reader, column: usize, row: usize) -> Option<Span> {
        let start = reader.at;
        match self.columns[column].kind {
            Kind::Coded | Kind::Plain => return reader.string(),
            Kind::Boolean if reader.peek() == b't' => reader.word(b"true")?,
            Kind::Boolean => reader.word(b"false")?,
            Kind::Json if self.is_again(reader, column, row) => {
                let before = self.spans[row - self.columns.len() + column];
                reader.at += (before.end - before.start) as usize;
            }
            Kind::Json => reader.value(0)?,
        }
        Some(Span::of(start, reader.at, false))
    }

    /// Whether the object or array here is that of the record before: then it ends as that did.
    fn is_again(&self, reader: &Reader, column: usize, row: usize) -> bool {
        let before = match row.checked_sub(self.columns.len()) {
            Some(row) => self.spans[row + column],
            None => return false,
        };
        matches!(reader.peek(), b'{' | b'[')
            && before.present
            && reader.data[reader.at..].starts_with(before.text(reader.data))
    }

    fn keep(&mut self, data: &[u8]) {
        for row in self.spans.chunks_exact(self.columns.len()) {
            for (column, span) in self.columns.iter_mut().zip(row) {
                if span.escaped {
                    unescaped(span.text(data), &mut self.text);
                    column.push(Some(&self.text), self.keys);
                } else {
                    column.push(if span.present { Some(span.text(data)) } else { None }, self.keys);
                }
            }
        }
    }
}

// ---- for ctypes ------------------------------------------------------------------------------------
// All unsafe code is here. A caller keeps what it passes alive, and uses one `Fields` from one thread at a time.

unsafe fn bytes<'a>(data: *const u8, size: usize) -> &'a [u8] {
    if size == 0 { &[] } else { slice::from_raw_parts(data, size) }
}

/// New columns, by lines of a letter (c, p, b, j) and a name; null where they are described wrongly.
#[no_mangle]
pub unsafe extern "C" fn fields_new(described: *const u8, size: usize) -> *mut Fields {
    match Fields::new(bytes(described, size)) {
        Some(fields) => Box::into_raw(Box::new(fields)),
        None => std::ptr::null_mut(),
    }
}

/// How many records a file added; -1 where it is not ordinary and nothing was added.
#[no_mangle]
pub unsafe extern "C" fn fields_add(fields: *mut Fields, data: *const u8, size: usize) -> i64 {
    let (fields, data) = (&mut *fields, bytes(data, size));
    let added = catch_unwind(AssertUnwindSafe(|| fields.add(data)));
    added.ok().flatten().map_or(-1, |records| records as i64)
}

/// A column's codes (0), offsets of texts (1) or texts (2): their address, and their bytes into `size`.
#[no_mangle]
pub unsafe extern "C" fn fields_part(
    fields: *const Fields,
    column: usize,
    part: usize,
    size: *mut usize,
) -> *const u8 {
    let fields = &*fields;
    let column = &fields.columns[column];
    let (address, bytes) = match part {
        0 => (column.codes.as_ptr() as *const u8, column.codes.len() * 4),
        1 => (column.texts.offsets.as_ptr() as *const u8, column.texts.offsets.len() * 4),
        _ => (column.texts.bytes.as_ptr(), column.texts.bytes.len()),
    };
    *size = bytes;
    address
}

/// Gives the columns back; no address of theirs may be used any more.
#[no_mangle]
pub unsafe extern "C" fn fields_free(fields: *mut Fields) {
    drop(Box::from_raw(fields));
}
