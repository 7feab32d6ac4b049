"""Looks at the files of somebody's export and proposes how the job declares them; a person confirms each line."""
