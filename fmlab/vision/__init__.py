"""Pictures, clips and captioned pictures, with licence, source, hash and split."""
