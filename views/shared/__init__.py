"""Views behind links without an account: what they show, cut from what their sharer may see."""
