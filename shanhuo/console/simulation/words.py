"""The words of the report, Chinese and English."""

WORDS: dict[str, tuple[str, str]] = {
    "title": ("流量扶持的城市模拟", "Traffic support in a simulated city"),
    "warning": (
        "这是模型，不是证据：城市、人和县都是虚构的，只有推荐流的代码是真的。",
        "A model, not evidence: the city, its people and counties are invented; only the code of "
        "the feed is real.",
    ),
    "setting": (
        "{people:,} 人，{posts:,} 条短视频，{counties} 个县，{days} 天；跟踪其中 {panel:,} 人"
        "（每人代表 {weight:,.0f} 人），{seeds} 个随机种子，从 {seed} 起。第 {first} 到 {last} 天，"
        "{percent:g}% 的曝光用于扶持十分之一的县。",
        "{people:,} people, {posts:,} clips, {counties} counties, {days} days; {panel:,} of the "
        "people are followed (each stands for {weight:,.0f}), {seeds} seeds from {seed} on. On "
        "days {first} to {last}, {percent:g}% of the exposures support a tenth of the counties.",
    ),
    "measure": ("指标", "Measure"),
    "mean": ("平均", "Mean"),
    "range": ("各种子的范围", "Range over seeds"),
    "exposures": ("各县曝光：没有扶持 → 有扶持", "Exposures per county: without → with grants"),
    "powers": (
        "1 10 100 1千 1万 10万 100万 1千万 1亿 10亿 100亿 1千亿",
        "1 10 100 1k 10k 100k 1M 10M 100M 1bn 10bn 100bn",
    ),
    "income": ("各县预期收入（元）", "Expected income per county (yuan)"),
    "fairness": ("曝光在县之间的分布", "How exposures are spread over counties"),
    "survival": ("季中入驻的创作者还在发布的比例", "New creators who still post"),
    "without": ("没有扶持", "without grants"),
    "with": ("有扶持", "with grants"),
    "supported": ("受扶持的县", "supported counties"),
    "others": ("其他县", "other counties"),
    "days_since": ("入驻后天数", "days since joining"),
    "equal": ("完全平均", "all alike"),
    "counties_share": ("县（从少到多）", "counties, least first"),
    "income_supported_percent": ("受扶持县的收入变化 %", "Income of supported counties, change %"),
    "income_others_percent": ("其他县的收入变化 %", "Income of other counties, change %"),
    "income_all_percent": ("全部收入变化 %", "All income, change %"),
    "exposures_supported_percent": (
        "受扶持县的曝光变化 %",
        "Exposures of supported counties, change %",
    ),
    "exposures_others_percent": ("其他县的曝光变化 %", "Exposures of other counties, change %"),
    "delivered_percent": ("扶持曝光交付率 %", "Support delivered, %"),
    "lost_long_views_percent": (
        "代价：扶持期少了多少预期长播 %",
        "Cost: expected long views lost while supporting, %",
    ),
    "lost_per_thousand_supported": (
        "每千次扶持曝光少了多少预期长播",
        "Expected long views lost per thousand supported exposures",
    ),
    "gini_without": ("曝光基尼系数，没有扶持", "Gini of exposures, without"),
    "gini_with": ("曝光基尼系数，有扶持", "Gini of exposures, with"),
    "key_share_without": ("重点县曝光占比 %，没有扶持", "Share of key counties %, without"),
    "key_share_with": ("重点县曝光占比 %，有扶持", "Share of key counties %, with"),
    "supported_share_without": (
        "受扶持县曝光占比 %，没有扶持",
        "Share of supported counties %, without",
    ),
    "supported_share_with": ("受扶持县曝光占比 %，有扶持", "Share of supported counties %, with"),
    "survival_supported_without": (
        "受扶持县创作者留存 %，没有扶持",
        "Creators of supported counties who stay %, without",
    ),
    "survival_supported_with": (
        "受扶持县创作者留存 %，有扶持",
        "Creators of supported counties who stay %, with",
    ),
    "survival_others_without": (
        "其他县创作者留存 %，没有扶持",
        "Creators of other counties who stay %, without",
    ),
    "survival_others_with": (
        "其他县创作者留存 %，有扶持",
        "Creators of other counties who stay %, with",
    ),
    "learned_days_percent": (
        "用学出来的排序模型的天数 %（其余按口碑排序）",
        "Days ranked by a learned model, % (the others by reception)",
    ),
    "rehearsed_percent": (
        "扶持期按预演定价的时间 %（其余按直线）",
        "Pricing by a rehearsal while supporting, % (otherwise by the curve)",
    ),
    "note": (
        "两次模拟用同样的人、同样的短视频、同样的随机数；差别只在扶持。变化从扶持第一天算到季末。"
        "收入和长播按概率相加，不掷骰子。县域图只画第一个种子；同目录的 counties.csv 和 "
        "counties.parquet 有全部数字。",
        "Both seasons have the same people, clips and chance; only the grants differ. Changes are "
        "from the first day of support to the end. Income and long views are sums of chances, not "
        "of dice. Charts of counties show the first seed; counties.csv and counties.parquet beside "
        "this page hold every figure.",
    ),
}


def text(name: str, language: int) -> str:
    """language: 0 Chinese, 1 English."""
    return WORDS[name][language]
