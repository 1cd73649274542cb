"""E-mail over SMTP (RFC 5321). The same Message-ID on every try lets the recipient's server know a repetition."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from config.outward import Smtp
from keqing.messaging.transport import DeliveryFailed, Letter

SECONDS = 15


def send_mail(*, service: Smtp, letter: Letter) -> str:
    """Hand the letter to the server; returns the Message-ID."""
    if not letter.email:
        raise DeliveryFailed("收件人没有邮箱。", permanent=True)
    message = _message(service, letter)
    try:
        with _connect(service) as server:
            if service.user:
                server.login(service.user, service.password)
            server.send_message(message, from_addr=parseaddr(service.sender)[1], to_addrs=[letter.email])
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryFailed("邮件服务器不接受用户名或密码。", away=True) from error
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise DeliveryFailed(f"邮件服务器拒收这个地址（{code}）。", permanent=code >= 500) from error
    except smtplib.SMTPResponseException as error:
        raise DeliveryFailed(f"邮件服务器回答 {error.smtp_code}。", permanent=error.smtp_code >= 500) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryFailed("连不上邮件服务器。", away=True) from error
    return str(message["Message-ID"])


def _message(service: Smtp, letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    sender = parseaddr(service.sender)[1]
    message["From"], message["To"] = service.sender, letter.email
    message["Subject"] = " ".join(letter.title.split())  # a line break would begin another header
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _connect(service: Smtp) -> smtplib.SMTP:
    if service.security == "ssl":
        return smtplib.SMTP_SSL(service.host, service.port, timeout=SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(service.host, service.port, timeout=SECONDS)
    if service.security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server
