"""`classify` as people write it on the engines themselves, without fanfleet's own workers: docs/pipelines.md."""
