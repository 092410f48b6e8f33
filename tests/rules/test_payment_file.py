import csv
import io

from lms.claims.payment import PaymentLine, payment_csv


def line(number: int, name: str, fen: int) -> PaymentLine:
    return PaymentLine(
        claim_no="SL-2026-000001",
        line_no=number,
        payee_name="上海恒峰机电有限公司",
        payee_uscc="91310115MAE0A0015G",
        account_last4="2345",
        person_name=name,
        person_id_number="310***********9028",
        programme="SME-GROUP",
        pack="REF-SH 2026.2",
        record_no="PXHG-310000-2026-000123-C",
        decision_no=7,
        amount_fen=fen,
    )


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_last_row_counts_people_and_sums_to_the_fen() -> None:
    table = rows(payment_csv([line(1, "王*", 19_500), line(2, "李*", 19_501)]))
    assert len(table) == 4
    assert (table[-1][0], table[-1][1], table[-1][-1]) == ("合计", "2 人", "390.01")
    assert {len(row) for row in table} == {12}


def test_text_that_a_spreadsheet_would_run_is_disarmed() -> None:
    table = rows(payment_csv([line(1, "=HYPERLINK(1)", 1)]))
    assert table[1][5] == "'=HYPERLINK(1)"
    assert table[1][-1] == "0.01"


def test_no_line_is_a_file_with_a_total_of_nothing() -> None:
    assert rows(payment_csv([]))[-1][-1] == "0.00"
