from django.urls import path

from lms.accounts.views import desk, erasure, me, register, sharing, signin, token

app_name = "accounts"
urlpatterns = [
    path("accounts/login/", signin.login_page, name="login"),
    path("accounts/logout/", signin.logout_now, name="logout"),
    path("accounts/register/", register.register_page, name="register"),
    path("accounts/welcome/", register.welcome_page, name="welcome"),
    path("accounts/notice/", register.notice_page, name="notice"),
    path("accounts/me/", me.me_page, name="me"),
    path("accounts/me/looks/", me.looks_page, name="looks"),
    path("accounts/me/export/", me.export_data, name="export"),
    path("accounts/me/erase/", erasure.erase_page, name="erase"),
    path("accounts/me/erase/take-back/", erasure.take_back, name="take_back"),
    path("accounts/me/phone/share/", sharing.share, name="share_phone"),
    path("accounts/me/phone/unshare/", sharing.unshare, name="unshare_phone"),
    path("accounts/switch/", sharing.switch, name="switch"),
    path("accounts/erasures/", erasure.erasures_page, name="erasures"),
    path("accounts/me/password/", me.password_page, name="password"),
    path("accounts/me/email/", me.email_page, name="email"),
    path("accounts/me/mobile/", me.mobile_page, name="mobile"),
    path("accounts/me/consent/face/", me.give_face_consent, name="give_face"),
    path("accounts/me/consent/<slug:subject>/withdraw/", me.withdraw_page, name="withdraw"),
    path("accounts/me/devices/end-others/", me.end_all_devices, name="end_all_devices"),
    path("accounts/me/devices/<slug:kind>/<int:device_id>/end/", me.end_one_device, name="end_device"),
    path("accounts/consent/", me.consent_page, name="consent"),
    path("accounts/language/", me.choose_language, name="language"),
    path("accounts/large-type/", me.choose_large_type, name="large_type"),
    path("accounts/desk/", desk.replace_page, name="desk"),
    path("accounts/desk/check/", desk.check_page, name="check"),
    path("api/v1/auth/token/", token.token, name="token"),
]
