"""Brings WhatsApp Business phone numbers online on Meta's Cloud API, and keeps them there."""
