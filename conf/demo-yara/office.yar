/* Documents as they arrive in mail: the old format is one file, the new one a
   zip archive, of which the names of members can be read. */

private rule Old_Office
{
    condition:
        uint32be(0) == 0xd0cf11e0 and uint32be(4) == 0xa1b11ae1
}

rule Macro_That_Starts_By_Itself
{
    meta:
        description = "a macro that runs when the document is opened"
        threat = "Office.Macro.AutoStart"
        scan_code = "macro"
        severity = 80
    strings:
        $project = "_VBA_PROJECT" wide
        $open = /auto_?open|document_?open|workbook_?open/ nocase
        $start = "Shell" nocase
        $object = "CreateObject" nocase
    condition:
        Old_Office and $project and $open and any of ($start, $object)
}

rule Zip_With_Macro : document
{
    meta:
        description = "a document of the new format with a macro"
        threat = "Office.Macro"
        scan_code = "macro"
        severity = 30
    strings:
        $member = "vbaProject.bin"
    condition:
        uint32be(0) == 0x504b0304 and $member
}
