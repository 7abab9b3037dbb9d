"""What runs on the fleet beside the engines."""
