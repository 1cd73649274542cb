"""The sample company: invented people and institutions in real places, the same for the same day."""
