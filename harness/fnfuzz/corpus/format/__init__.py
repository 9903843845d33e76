"""The file format of a corpus: rows, frames, segments, large bodies, and the indexes beside them."""
