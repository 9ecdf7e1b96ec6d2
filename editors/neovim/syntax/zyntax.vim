" Highlighting without tree-sitter.  Made by dev/gen_neovim.py from the grammar.
if exists('b:current_syntax')
  finish
endif

syntax keyword zyntaxKeyword const var
highlight default link zyntaxKeyword StorageClass
syntax keyword zyntaxKeywordConditional else if
highlight default link zyntaxKeywordConditional Conditional
syntax keyword zyntaxKeywordCoroutine async await
highlight default link zyntaxKeywordCoroutine Keyword
syntax keyword zyntaxKeywordFunction fn
highlight default link zyntaxKeywordFunction Keyword
syntax keyword zyntaxKeywordOperator and or orelse
highlight default link zyntaxKeywordOperator Operator
syntax keyword zyntaxKeywordRepeat break continue while
highlight default link zyntaxKeywordRepeat Repeat
syntax keyword zyntaxKeywordReturn return
highlight default link zyntaxKeywordReturn Statement
syntax keyword zyntaxKeywordType struct
highlight default link zyntaxKeywordType Structure
syntax keyword zyntaxTypeBuiltin Promise bool f32 f64 i16 i32 i64 i8 string u16 u32 u64 u8 void
highlight default link zyntaxTypeBuiltin Type
syntax keyword zyntaxBoolean true false
syntax keyword zyntaxNull null
syntax match zyntaxNumber '\<\d\+\>'
syntax match zyntaxFloat '\<\d\+\.\d\+\%([eE][+-]\?\d\+\)\?\>'
syntax match zyntaxConstant '\<[A-Z][A-Z0-9_]\+\>'
syntax match zyntaxFunction '\<\h\w*\>\ze\s*('
syntax match zyntaxEscape contained '\\[nrt\\"0]'
syntax region zyntaxString start='"' end='"' oneline contains=zyntaxEscape
syntax match zyntaxComment '//.*$' contains=@Spell
syntax region zyntaxComment start='/\*' end='\*/' contains=@Spell
highlight default link zyntaxBoolean Boolean
highlight default link zyntaxNull Constant
highlight default link zyntaxNumber Number
highlight default link zyntaxFloat Float
highlight default link zyntaxConstant Constant
highlight default link zyntaxFunction Function
highlight default link zyntaxEscape SpecialChar
highlight default link zyntaxString String
highlight default link zyntaxComment Comment

let b:current_syntax = 'zyntax'
