"""What happens without a person: automations, chases, and the delivery of what they say."""
