"""A store on S3 that several machines share: docs/decisions/store-on-s3.md.

The prefix holds immutable event files and a log of commits. A machine works on a mirror of it, which
is an ordinary store: `Mirror.pull` brings it up to date, `Mirror.publish` adds a commit.
"""
