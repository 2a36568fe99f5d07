"""Charts: what is grouped (`plan`), how it is drawn (`drawing`), how times read (`times`)."""
