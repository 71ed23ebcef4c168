"""Pictures of tables: one file per family of operations, found by the operation that made them."""
