"""The cure, ready to apply: CloudFormation, Terraform, and the steps that lose no entry."""
