"""What a module may do, beside whom it may import."""
