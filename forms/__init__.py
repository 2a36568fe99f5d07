"""Forms: definitions become WTForms classes, and what is submitted becomes records."""
