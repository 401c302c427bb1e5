"""Where logs come from: folders, files and S3, behind one small interface."""
