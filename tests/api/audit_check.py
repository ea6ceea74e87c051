"""audit_check.py FILE CHECK - what audit_test.c provoked stands in the file, as Python's own JSON reader sees it.

Each line wanted is an id and fields: a value as it must be, a pattern (~...), or True for "is there".
"""
import json
import re
import sys
import time

SID = "~S-1-5-21-[0-9-]+"
LUID = "~0x[0-9a-f]+"
WANTED = {
    "start": [
        (4608, {"outcome": "success", "What": "~lsad|embedded"}),
        (4610, {"AuthenticationPackageName": "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0"}),
        (4622, {"SecurityPackageName": "NTLM"}),
        (4622, {"SecurityPackageName": "Kerberos"}),
        (4611, {"LogonProcessName": "api-test", "SubjectUserSid": "~S-1-22-1-[0-9]+"}),
        (4673, {"outcome": "success", "Service": "LsaRegisterLogonProcess()", "PrivilegeList": ["SeTcbPrivilege"]}),
    ],
    "accounts": [
        (4720, {"outcome": "success", "TargetUserName": "audited", "TargetSid": SID, "TargetDomainName": True,
                "uid": True, "pid": True}),
        (4722, {"TargetUserName": "audited"}),
        (4720, {"outcome": "failure", "status": "STATUS_USER_EXISTS"}),
        (4723, {"outcome": "failure", "TargetUserName": "audited", "SubStatus": "0xC000006A"}),
        (4723, {"outcome": "success", "TargetUserName": "audited", "TargetSid": SID}),
        (4724, {"outcome": "success", "TargetUserName": "audited", "TargetSid": SID}),
        (4738, {"outcome": "success", "TargetUserName": "audited", "What": "password set"}),
        (4740, {"TargetUserName": "audited", "What": "account locked"}),
        (4740, {"TargetUserName": "audited", "What": "too many wrong passwords"}),
        (4767, {"TargetUserName": "audited"}),
        (4725, {"outcome": "success", "TargetUserName": "audited", "TargetSid": SID, "subcategory": "User Account Management"}),
        (4738, {"TargetUserName": "audited", "What": "account disabled"}),
        (4722, {"TargetUserName": "audited", "TargetSid": SID}),
        (4738, {"TargetUserName": "audited", "What": "account enabled"}),
        (4725, {"outcome": "failure", "TargetUserName": "nobody-here", "status": "STATUS_NO_SUCH_USER"}),
        (4625, {"TargetUserName": "audited", "Status": "0xC000006E", "SubStatus": "0xC0000072", "FailureReason": "disabled"}),
        (4625, {"TargetUserName": "audited", "subcategory": "Account Lockout", "Status": "0xC0000234", "FailureReason": "locked-out"}),
        (4625, {"TargetUserName": "audited", "subcategory": "Logon", "Status": "0xC000006D", "SubStatus": "0xC000006A",
                "FailureReason": "wrong-password", "LogonType": 3, "Explanation": True, "LmPackageName": "NTLM V2"}),
        (4739, {"DomainPolicyChanged": "lockout-threshold = 3"}),
    ],
    "logons": [
        (4648, {"TargetUserName": "audited", "TargetServerName": "host/files", "AuthenticationPackageName": "NTLM"}),
        (4624, {"TargetUserName": "audited", "TargetUserSid": SID, "TargetLogonId": LUID, "LogonType": 3, "WorkstationName": True,
                "AuthenticationPackageName": "NTLM", "LmPackageName": "NTLM V2", "ImpersonationLevel": "Impersonation",
                "ElevatedToken": False, "SubjectUserSid": True, "subcategory": "Logon"}),
        (4624, {"TargetUserName": "audited", "ImpersonationLevel": "Identification"}),
        (4624, {"TargetUserName": "audited", "LogonType": 2, "LogonProcessName": True}),
        (4624, {"LogonType": 9}),
        (4648, {"LogonType": 9}),
        (4634, {"TargetUserName": "audited", "TargetLogonId": LUID, "LogonType": 3}),
        (4634, {"TargetUserName": "audited", "LogonType": 2}),
        (4647, {"TargetUserName": "audited", "LogonType": 2, "TargetLogonId": LUID}),
        (4625, {"TargetUserName": "nobody-here", "SubStatus": "0xC0000064", "FailureReason": "unknown-user"}),
        (4625, {"TargetUserName": "in\njected\", \"id\":4624, \"x\":\"\x1b[31m", "outcome": "failure"}),
        (4625, {"TargetUserName": "audited", "LogonType": 2, "SubStatus": "0xC000006A"}),
        (4625, {"TargetUserName": "audited", "LogonType": 4, "Status": "0xC000015B", "FailureReason": "logon-type-not-granted",
                "Explanation": "~.*SeBatchLogonRight"}),
        (4624, {"TargetUserName": "audited", "ElevatedToken": True}),
        (4672, {"TargetUserName": "audited", "TargetLogonId": LUID, "PrivilegeList": ["SeDebugPrivilege"]}),
    ],
    "privileges": [
        (4673, {"outcome": "failure", "Service": "LsaLogonUser()", "PrivilegeList": ["SeTcbPrivilege"],
                "status": "STATUS_PRIVILEGE_NOT_HELD"}),
        (4673, {"outcome": "success", "Service": "LsaLogonUser()"}),
    ],
    "policy": [
        (4704, {"TargetSid": "S-1-5-21-9-9-9-1009", "PrivilegeList": ["SeDebugPrivilege"]}),
        (4705, {"TargetSid": "S-1-5-21-9-9-9-1009", "PrivilegeList": ["SeDebugPrivilege"]}),
        (4717, {"TargetSid": "S-1-5-21-9-9-9-1009", "AccessGranted": ["SeBatchLogonRight"]}),
        (4718, {"TargetSid": "S-1-5-21-9-9-9-1009", "AccessRemoved": ["SeBatchLogonRight"]}),
        (4706, {"DomainName": "~(?i)audit.example", "TdoDirection": 3, "TdoType": 2, "TdoAttributes": "0x0",
                "DomainSid": "S-1-5-21-4711-7-7"}),
        (4716, {"DomainName": "~(?i)audit.example"}),
        (4707, {"DomainName": "~(?i)audit.example"}),
        (9001, {"ObjectType": "SecretObject", "ObjectName": "~(?i)L\\$audited", "What": "secret set"}),
        (9001, {"ObjectType": "SecretObject", "ObjectName": "~(?i)L\\$audited", "What": "secret deleted"}),
        (4674, {"ObjectType": "SecretObject", "ObjectName": "~(?i)L\\$audited", "What": "secret read"}),
        (4739, {"DomainPolicyChanged": "lockout-window = 17"}),
        (4719, {"Subcategory": "Other Policy Change Events", "AuditPolicyChanges": "Failure removed"}),
        (4719, {"Subcategory": "Other Policy Change Events", "AuditPolicyChanges": "Failure added"}),
    ],
    "switches": [
        (4719, {"Subcategory": "Logon", "AuditPolicyChanges": "Failure removed"}),
        (4719, {"Subcategory": "Logon", "AuditPolicyChanges": "Success removed, Failure added"}),
        (4625, {"TargetUserName": "loud-one"}),
        (4726, {"outcome": "success", "TargetUserName": "audited"}),
    ],
}


def fits(want, have):
    if want is True:
        return have is not None
    if isinstance(want, str) and want.startswith("~"):
        return isinstance(have, str) and re.fullmatch(want[1:], have.split("\n")[0] if ".*" in want else have, re.S) is not None \
            or (".*" in want and isinstance(have, str) and re.search(want[1:], have, re.S) is not None)
    return want == have and type(want) is type(have)


def read(name):
    raw = open(name, "rb").read()
    lines = raw.decode("utf-8").split("\n")
    assert lines[-1] == "", "the last line has no end"
    events = [json.loads(line) for line in lines[:-1]]
    for line in lines:
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e]", line), line
    for e in events:
        assert all(k in e for k in ("time", "id", "event", "category", "subcategory", "outcome", "status")), e
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", e["time"]), e
    assert b"markzebra" not in raw, "a password is in the file"
    assert "markzebra" not in raw.decode("utf-8").replace("\\u0000", ""), "a password is in the file, in UTF-16"
    return events


def missing(events, wanted):
    return [w for w in wanted
            if not any(e["id"] == w[0] and all(fits(v, e.get(k)) for k, v in w[1].items()) for e in events)]


def main():
    name, check = sys.argv[1:]
    for _ in range(400):
        events = read(name)
        lost = missing(events, WANTED[check])
        if not lost:
            break
        time.sleep(0.05)
    for w in lost:
        print("not in the file:", w, file=sys.stderr)
        for e in events:
            if e["id"] == w[0]:
                print("   there is:", e, file=sys.stderr)
    if check == "switches":
        assert not any(e.get("TargetUserName") == "quiet-one" and e["id"] == 4625 for e in events), "it was switched off"
    # Nobody's logon is made by a name.
    assert not any(e["id"] == 4624 and "x" in e for e in events)
    return 1 if lost else 0


sys.exit(main())
