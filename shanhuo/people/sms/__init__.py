"""The port through which a code reaches a phone; `sender()` gives the configured one."""

from shanhuo.people.sms.port import CodeSender, SmsFailed, sender

__all__ = ["CodeSender", "SmsFailed", "sender"]
