"""Enough of a personal value to recognise it by who knows it already; nothing for anybody else."""


def name(text: str) -> str:
    """ "张三丰" -> "张**"; "阿卜杜拉·热合曼" -> "阿**"."""
    return f"{text[:1]}**" if text else ""


def contact(text: str) -> str:
    """ "13800138000" -> "138****8000"; shorter numbers show two digits."""
    if len(text) >= 11:
        return f"{text[:3]}****{text[-4:]}"
    return f"****{text[-2:]}" if text else ""


def address(text: str) -> str:
    """That there is one."""
    return "***" if text else ""
