"""The test rig: a private IMAP server, a proxy that counts and cuts, helpers for both sides, and mail to fill them with."""
