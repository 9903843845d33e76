"""Events as trees of plain values: places in them, formats inside their texts."""
