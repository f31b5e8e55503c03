"""What images look like as vectors, without a model; and which of them are the same picture."""
