//! Tables as Parquet files, for those who read them with a database or a data frame.
//!
//! Written as the format says (Apache Parquet 2.10: `Encodings.md`, `parquet.thrift`) with the little
//! that these tables need: uncompressed version 1 pages, one a column and row group; texts as
//! dictionaries; numbers plain; no nesting. A text or a whole number is always there, a number may be
//! missing.

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Names, few of them different.
    Text(Vec<String>),
    /// Whole numbers.
    Whole(Vec<i32>),
    /// Numbers, or nothing.
    Number(Vec<Option<f64>>),
}

/// Named columns of one length.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Name → values.
    pub columns: Vec<(String, Column)>,
    /// Rows of each row group, in order; they add to all rows.
    pub groups: Vec<usize>,
}

// Numbers of the format.
const INT32: i64 = 1;
const DOUBLE: i64 = 5;
const BYTE_ARRAY: i64 = 6;
const REQUIRED: i64 = 0;
const OPTIONAL: i64 = 1;
const PLAIN: i64 = 0;
const RLE: i64 = 3;
const RLE_DICTIONARY: i64 = 8;
const DATA_PAGE: i64 = 0;
const DICTIONARY_PAGE: i64 = 2;

/// The file.
pub fn parquet(table: &Columns) -> Vec<u8> {
    let mut out = b"PAR1".to_vec();
    let mut groups = Vec::new();
    let mut from = 0;
    for rows in table.groups.iter().filter(|rows| **rows > 0) {
        let chunks: Vec<Chunk> = table
            .columns
            .iter()
            .map(|(name, column)| Chunk::write(name, column, from, *rows, &mut out))
            .collect();
        groups.push((*rows, chunks));
        from += rows;
    }
    let footer = footer(table, &groups);
    out.extend(&footer);
    out.extend((footer.len() as u32).to_le_bytes());
    out.extend(b"PAR1");
    out
}

/// One column of one row group, as it lies in the file.
struct Chunk {
    name: String,
    kind: i64,
    encodings: Vec<i64>,
    values: usize,
    bytes: usize,
    dictionary: Option<usize>,
    data: usize,
}

impl Chunk {
    fn write(name: &str, column: &Column, from: usize, rows: usize, out: &mut Vec<u8>) -> Self {
        let begin = out.len();
        let mut dictionary = None;
        let mut body = Vec::new();
        let (kind, encodings) = match column {
            Column::Text(values) => {
                let values = &values[from..from + rows];
                let mut words: Vec<&str> = Vec::new();
                let mut place = std::collections::HashMap::new();
                let places: Vec<u32> = values
                    .iter()
                    .map(|v| {
                        *place.entry(v.as_str()).or_insert_with(|| {
                            words.push(v);
                            words.len() as u32 - 1
                        })
                    })
                    .collect();
                let mut listed = Vec::new();
                for word in &words {
                    listed.extend((word.len() as u32).to_le_bytes());
                    listed.extend(word.as_bytes());
                }
                dictionary = Some(begin);
                page(DICTIONARY_PAGE, words.len(), PLAIN, &listed, out);
                // At least one bit: some readers take no places of no bits.
                let bits = (32 - (words.len() as u32 - 1).leading_zeros()).max(1);
                body.push(bits as u8);
                runs(&places, bits, &mut body);
                (BYTE_ARRAY, vec![PLAIN, RLE, RLE_DICTIONARY])
            }
            Column::Whole(values) => {
                for value in &values[from..from + rows] {
                    body.extend(value.to_le_bytes());
                }
                (INT32, vec![PLAIN, RLE])
            }
            Column::Number(values) => {
                let values = &values[from..from + rows];
                let there: Vec<u32> = values.iter().map(|v| u32::from(v.is_some())).collect();
                let mut levels = Vec::new();
                runs(&there, 1, &mut levels);
                body.extend((levels.len() as u32).to_le_bytes());
                body.extend(levels);
                for value in values.iter().flatten() {
                    body.extend(value.to_le_bytes());
                }
                (DOUBLE, vec![PLAIN, RLE])
            }
        };
        let data = out.len();
        let encoding = if dictionary.is_some() {
            RLE_DICTIONARY
        } else {
            PLAIN
        };
        page(DATA_PAGE, rows, encoding, &body, out);
        Self {
            name: name.to_owned(),
            kind,
            encodings,
            values: rows,
            bytes: out.len() - begin,
            dictionary,
            data,
        }
    }
}

/// A page: header and body.
fn page(kind: i64, values: usize, encoding: i64, body: &[u8], out: &mut Vec<u8>) {
    let mut header = Thrift::default();
    header.whole(1, kind);
    header.whole(2, body.len() as i64);
    header.whole(3, body.len() as i64);
    if kind == DATA_PAGE {
        header.begin(5);
        header.whole(1, values as i64);
        header.whole(2, encoding);
        header.whole(3, RLE);
        header.whole(4, RLE);
    } else {
        header.begin(7);
        header.whole(1, values as i64);
        header.whole(2, encoding);
    }
    header.end();
    header.end();
    out.extend(header.bytes);
    out.extend(body);
}

/// Values of so many bits as runs of equal ones.
pub fn runs(values: &[u32], bits: u32, out: &mut Vec<u8>) {
    let mut rest = values;
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|v| *v == first).count();
        varint((length as u64) << 1, out);
        out.extend(&first.to_le_bytes()[..bits.div_ceil(8) as usize]);
        rest = &rest[length..];
    }
}

fn footer(table: &Columns, groups: &[(usize, Vec<Chunk>)]) -> Vec<u8> {
    let mut file = Thrift::default();
    file.whole(1, 1);
    file.list(2, 12, table.columns.len() + 1);
    file.open();
    file.text(4, "table");
    file.whole(5, table.columns.len() as i64);
    file.end();
    for (name, column) in &table.columns {
        let (kind, repetition) = match column {
            Column::Text(_) => (BYTE_ARRAY, REQUIRED),
            Column::Whole(_) => (INT32, REQUIRED),
            Column::Number(_) => (DOUBLE, OPTIONAL),
        };
        file.open();
        file.whole(1, kind);
        file.whole(3, repetition);
        file.text(4, name);
        if kind == BYTE_ARRAY {
            file.whole(6, 0); // UTF-8
        }
        file.end();
    }
    let rows: usize = groups.iter().map(|(rows, _)| rows).sum();
    file.long(3, rows as i64);
    file.list(4, 12, groups.len());
    for (rows, chunks) in groups {
        file.open();
        file.list(1, 12, chunks.len());
        for chunk in chunks {
            file.open();
            file.long(2, chunk.dictionary.unwrap_or(chunk.data) as i64);
            file.begin(3);
            file.whole(1, chunk.kind);
            file.list(2, 5, chunk.encodings.len());
            for encoding in &chunk.encodings {
                file.element(*encoding);
            }
            file.list(3, 8, 1);
            file.string(&chunk.name);
            file.whole(4, 0); // not compressed
            file.long(5, chunk.values as i64);
            file.long(6, chunk.bytes as i64);
            file.long(7, chunk.bytes as i64);
            file.long(9, chunk.data as i64);
            if let Some(dictionary) = chunk.dictionary {
                file.long(11, dictionary as i64);
            }
            file.end();
            file.end();
        }
        let bytes: usize = chunks.iter().map(|c| c.bytes).sum();
        file.long(2, bytes as i64);
        file.long(3, *rows as i64);
        file.end();
    }
    file.text(6, concat!("climbdown version ", env!("CARGO_PKG_VERSION")));
    file.end();
    file.bytes
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Structures in Thrift's compact protocol; the outermost one is open from the start.
#[derive(Default)]
pub struct Thrift {
    /// What is written so far.
    pub bytes: Vec<u8>,
    /// Last field of each open structure around the innermost.
    around: Vec<u8>,
    /// Last field of the innermost.
    last: u8,
}

impl Thrift {
    fn field(&mut self, field: u8, kind: u8) {
        // Fields are few and written in rising order, so a step fits into half a byte.
        self.bytes.push((field - self.last) << 4 | kind);
        self.last = field;
    }

    fn whole(&mut self, field: u8, value: i64) {
        self.field(field, 5);
        self.element(value);
    }

    fn long(&mut self, field: u8, value: i64) {
        self.field(field, 6);
        self.element(value);
    }

    fn text(&mut self, field: u8, text: &str) {
        self.field(field, 8);
        self.string(text);
    }

    fn list(&mut self, field: u8, kind: u8, length: usize) {
        self.field(field, 9);
        if length < 15 {
            self.bytes.push((length as u8) << 4 | kind);
        } else {
            self.bytes.push(0xf0 | kind);
            varint(length as u64, &mut self.bytes);
        }
    }

    /// Begins a structure that is a field.
    fn begin(&mut self, field: u8) {
        self.field(field, 12);
        self.open();
    }

    /// Begins a structure in a list.
    fn open(&mut self) {
        self.around.push(self.last);
        self.last = 0;
    }

    fn end(&mut self) {
        self.bytes.push(0);
        self.last = self.around.pop().unwrap_or(0);
    }

    /// A number in a list.
    pub fn element(&mut self, value: i64) {
        varint((value << 1 ^ value >> 63) as u64, &mut self.bytes);
    }

    fn string(&mut self, text: &str) {
        varint(text.len() as u64, &mut self.bytes);
        self.bytes.extend(text.as_bytes());
    }
}
