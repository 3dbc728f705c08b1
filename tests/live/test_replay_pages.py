"""The replay on its host's pages: withdrawn, handed out as one file, and cut into clips."""

from shanhuo.kernel.models import AuditEntry
from shanhuo.live.media import replay as media


def test_a_host_withdraws_the_replay_with_a_reason(client, shown, lin, mei):
    here = f"/studio/live/{shown.public_id}"
    client.force_login(mei)
    assert client.post(f"{here}/replay", {"reason": "我不喜欢"}).status_code == 404
    client.force_login(lin)
    refused = client.post(f"{here}/replay", {"reason": "错"})
    assert (refused.status_code, AuditEntry.objects.count()) == (422, 0)
    client.post(f"{here}/replay", {"reason": "说错了价格"})
    assert "说错了价格" in client.get(here).content.decode()
    assert not media.public_folder(shown.media_key).exists()
    client.logout()
    page = client.get(f"/live/{shown.public_id}").content.decode()
    assert ("没有回放" in page or "撤下" in page, "说错了价格" in page) == (True, False)
