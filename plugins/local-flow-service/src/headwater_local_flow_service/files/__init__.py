"""Where the embedded platform keeps files: a folder by default, a bucket or container of an object store by setting."""
